package cache

import (
	"errors"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// errLockLost says that the lock we hold is no longer the one that others would take.
var errLockLost = errors.New("the lock file was deleted")

// beforeSend is Attempt.Sending: the last steps before the first byte. From here on the process can't be
// interrupted, and whoever comes later can know that the refresh token may be spent.
//
// Should the lock file have been deleted under us, others hold locks of their own. So the intent is
// written only over a state that is still the one we read, with the state file locked for that
// moment: of several that come so far one writes its intent, and all others find it. The lock is
// looked at again behind it, so that whoever made its lock file later finds the intent too.
func (x *transaction) beforeSend(refresh secret.Text) error {
	if !refresh.Empty() && x.limit.left() < answerNeeds {
		return ErrTooLate
	}
	if x.lower == nil {
		x.lower = x.d.sys.Shield()
	}
	x.stamp()
	if refresh.Empty() {
		if !x.hold.same() {
			return errLockLost
		}
		return nil
	}
	guard, err := x.d.guardState(x.name)
	if errors.Is(err, errBusy) {
		return errLockLost
	}
	if err != nil {
		return err
	}
	defer guard.release()
	disk, err := x.d.tryReadState(x.name)
	if err != nil { // no descriptor is left, perhaps: nobody took the lock from us
		return &FolderError{Path: x.d.file(x.name, ".state"), Problem: "can't be read", Err: err}
	}
	if !x.hold.same() || !disk.same(x.seen) {
		return errLockLost
	}
	start, _ := x.d.sys.Process(x.d.sys.Pid)
	s := x.state
	s.Intent = &intent{
		Digest: digest(refresh), At: x.now.Obtained, Pid: x.d.sys.Pid, Start: start,
		Namespace: pidNamespace(), Machine: x.d.sys.Machine(),
	}
	if err := x.d.writeState(x.name, s, true); err != nil {
		x.withdrawIntent()
		return &FolderError{Path: x.d.path, Problem: "can't be written", Err: err}
	}
	x.state, x.seen = s, s
	if !x.hold.same() {
		x.withdrawIntent()
		return errLockLost
	}
	return nil
}

// stamp notes the time before a request is sent.
func (x *transaction) stamp() {
	x.now = Stamp{
		Obtained: x.d.sys.Now().Truncate(time.Millisecond),
		Boot:     x.d.sys.Boot().Truncate(time.Millisecond),
	}
}

// withdrawIntent removes our own intent again, with the state file still locked: nothing was sent.
func (x *transaction) withdrawIntent() {
	x.state.Intent = x.doubt
	_ = x.d.writeState(x.name, x.state, false)
	x.seen = x.state
}

// store writes the state for those who come later. What another process is about to send, under
// another lock file, stays in it.
func (x *transaction) store(durable bool) error {
	var guard *hold
	err := errBusy
	for i := 0; i < 20 && errors.Is(err, errBusy); i++ { // others hold it for the time of a sync
		if i > 0 {
			time.Sleep(5 * time.Millisecond)
		}
		guard, err = x.d.guardState(x.name)
	}
	if err != nil {
		return err
	}
	defer guard.release()
	s := x.state
	if disk := x.d.readState(x.name); !disk.same(x.seen) {
		if disk.Intent != nil && x.d.atWork(disk.Intent) {
			s.Intent = disk.Intent
		}
		s.Attempts = max(s.Attempts, disk.Attempts+1)
	}
	if err := x.d.writeState(x.name, s, durable); err != nil {
		return err
	}
	x.seen = s
	return nil
}
