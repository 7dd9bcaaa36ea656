package cache

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// Login gets the first tokens from grant and stores them, whatever was stored before. No lock is held
// while grant runs, since it may wait for a person; it calls Attempt.Sending before its request. The old
// tokens and all that was recorded about them are gone afterwards.
//
// The lock and the folder are tried first, so that nobody logs in for nothing. Result.Overwritten is the
// refresh token that another login of the same key, or a refresh, stored meanwhile. The domain still
// accepts it, and nothing else holds it any more: the caller revokes it.
//
// Errors: the Refusal's *Failure, *BusyError, *FolderError, *NewerError, *SealedError, *SignalError, or the
// context's.
func (d *Dir) Login(ctx context.Context, key Key, grant func(context.Context, Attempt) (Token, *Refusal)) (Result, error) {
	if err := d.ensure(); err != nil {
		return Result{}, err
	}
	name := d.name(key)
	x := &transaction{call: d.call(key, Query{}, Renewal{})}
	if _, err := d.withLock(ctx, name, func(h *hold) (r Result, err error) {
		defer h.release()
		x.start, err = d.rehearse(name)
		return r, err
	}); err != nil {
		return Result{}, err
	}
	skew := d.readState(name).SkewMS
	t, refusal := grant(ctx, Attempt{
		Connect: ConnectPerson,
		Skew:    time.Duration(skew) * time.Millisecond,
		Clock:   func(s time.Duration) { skew = s.Milliseconds() },
		Sending: func() error { x.stamp(); return nil },
	})
	if refusal != nil {
		return Result{}, refusal.why()
	}
	x.complete(&t, Token{})

	return d.withLock(ctx, name, func(h *hold) (Result, error) {
		x.hold, x.lower = h, d.sys.Shield()
		return x.locked(func() (Result, error) {
			err := x.storeLogin(t, skew)
			r := Result{Token: t, Overwritten: x.overwritten(t)}
			if onDisk(err) {
				r.Warnings, err = []error{&NotSavedError{Err: err}}, nil
			}
			return r, err
		})
	})
}

// withLock waits for the lock and calls do, which releases it; again, where another process turns out to
// work under another lock file.
func (d *Dir) withLock(ctx context.Context, name string, do func(*hold) (Result, error)) (Result, error) {
	for begun := time.Now(); ; {
		h, err := d.lock(ctx, name, max(0, d.waits.expired-time.Since(begun)), nil)
		if err != nil {
			return Result{}, err
		}
		res, err := do(h)
		if pid, ok := d.elsewhere(name, err); !ok {
			return res, err
		} else if time.Since(begun) >= d.waits.expired {
			return Result{}, &BusyError{Pid: pid, Waited: d.waits.expired}
		}
		if err := nap(ctx); err != nil {
			return Result{}, err
		}
	}
}

// rehearse does all that storing a login takes except the storing, and returns what is stored now.
func (d *Dir) rehearse(name string) (Token, error) {
	t, err := d.read(name)
	if err != nil && !errors.Is(err, errDamaged) && !isLost(err) {
		return Token{}, err // what lies there couldn't be replaced afterwards
	}
	f, err := d.configured()
	if err != nil {
		return Token{}, err
	}
	if d.exists(name, ".new") { // a dead process left it, and the login may still fail
		return t, d.removable(name, ".new")
	}
	room, err := d.reserveRoom(name, f)
	if err != nil {
		return Token{}, err
	}
	room.drop()
	return t, nil
}

// removable is why a file can't be deleted, as far as that can be seen without deleting it: it is a folder
// that isn't empty, or it is immutable (chattr +i).
func (d *Dir) removable(name, suffix string) error {
	path := d.file(name, suffix)
	fi, err := os.Lstat(path)
	switch {
	case err != nil: // gone by now
		return nil
	case fi.IsDir():
		err = os.Remove(path)
	case fi.Mode().IsRegular():
		f, failed := os.OpenFile(path, os.O_RDWR|noFollow, 0)
		if errors.Is(failed, syscall.EPERM) {
			err = failed
		}
		_ = f.Close()
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &FolderError{Path: path, Problem: "can't be deleted", Err: err}
	}
	return nil
}

// overwritten is the refresh token that a login just replaced, if it came after this one began.
func (x *transaction) overwritten(t Token) secret.Text {
	old := x.old
	if old.Refresh == x.start.Refresh || old.Refresh == t.Refresh || x.foreign(old) || old.copied {
		return secret.Text{}
	}
	return old.Refresh
}

func (x *transaction) storeLogin(t Token, skew int64) error {
	old, err := x.d.read(x.name)
	switch {
	case errors.Is(err, errDamaged):
		_, err = x.d.setAside(x.name, ".json", badFile)
	case isLost(err):
		_, err = x.d.setAside(x.name, ".json", sealedFile)
	}
	if err != nil {
		return err
	}
	f, err := x.d.configured()
	if err != nil {
		return err
	}
	if err := x.d.dropOrphan(x.name); err != nil {
		return err
	}
	x.d.sign(x.hold)
	if x.room, err = x.d.reserveRoom(x.name, f); err != nil {
		return err
	}
	x.old = old
	t.predecessor = digest(old.Refresh) // so that a kill before the rename is mended like any other
	err = x.room.save(x.name, t)
	x.d.sys.saved("login", err)
	if err != nil {
		return err
	}
	x.d.rewritten(old.form, f)
	x.seen = x.d.readState(x.name)
	x.state = x.seen
	x.state.SkewMS = skew
	x.settled()
	return nil
}

// Exchange stores what the domain gives for a refresh token from elsewhere. It takes all the steps of a
// refresh with that token. What is stored changes only if the domain answers with a token.
//
// Errors: *GivenError, and those of Token that no stored token prevents.
func (d *Dir) Exchange(ctx context.Context, key Key, refresh secret.Text, r Renewal) (Result, error) {
	if err := d.ensure(); err != nil {
		return Result{}, err
	}
	c := d.call(key, Query{Force: true}, r)
	return d.withLock(ctx, c.name, func(h *hold) (Result, error) {
		x := &transaction{call: c, hold: h}
		return x.locked(func() (Result, error) { return x.exchange(ctx, refresh) })
	})
}

func (x *transaction) exchange(ctx context.Context, refresh secret.Text) (Result, error) {
	_, err := x.lookAgain()
	if isLost(err) { // a login takes its place
		if _, err = x.d.setAside(x.name, ".json", sealedFile); err == nil {
			_, err = x.lookAgain()
		}
	}
	if err != nil {
		return Result{}, err
	}
	if err := x.known(refresh); err != nil {
		return Result{}, err
	}
	x.d.sign(x.hold)
	f, err := x.d.configured()
	if err != nil {
		return Result{}, err
	}
	if x.room, err = x.d.reserveRoom(x.name, f); err != nil {
		return Result{}, err
	}
	x.limit = startTicks(ctx, limitPerson)
	defer x.limit.stop()
	if x.spare, err = x.d.gather(); err != nil {
		x.room.drop()
		return Result{}, err
	}
	given := Token{Refresh: refresh, given: digest(refresh)}
	o := x.refresh(given, ConnectPerson)
	if o.refusal == nil {
		return x.finish(expired, o)
	}
	switch stored := refresh == x.old.Refresh; {
	case errors.Is(o.refusal.Err, errLockLost):
		x.room.drop()
	case !o.refusal.Refresh.Empty(): // the given one is spent, so its successor is stored
		x.old = given
		if x.keepSuccessor(o.refusal.Refresh) {
			x.settled()
		}
	case stored && o.refusal.Verdict == Doubt: // what is stored may be spent: the intent stays
		x.room.drop()
	default:
		x.room.drop()
		x.state.Intent = x.doubt
		if stored && o.refusal.Verdict == Spent {
			x.markSpent()
		}
		_ = x.store(false)
	}
	return Result{}, o.refusal.why()
}

// A GivenError says that a given refresh token is, or was, that of a login in this folder, so presenting it
// would end that login. Nothing was sent.
type GivenError struct {
	File  string // base name of the token file that knows it
	Spent bool   // what is stored there came of it
}

func (e *GivenError) Error() string {
	if e.Spent {
		return "the domain doesn't accept this refresh token any more: it was used here before, and " + e.File + " holds what came of it"
	}
	return "this refresh token is that of another login here (" + e.File + "), and works only once"
}

// known looks for a given refresh token in the files of the folder: the key's own predecessor was spent, as was
// what its login began with, and what belongs to another key isn't ours to spend.
func (x *transaction) known(refresh secret.Text) error {
	if refresh == x.old.Refresh { // nor was it replaced
		return nil
	}
	given := digest(refresh)
	if x.old.predecessor == given || x.old.given == given {
		return &GivenError{File: x.name + ".json", Spent: true}
	}
	entries, err := os.ReadDir(x.d.path)
	if err != nil {
		return &FolderError{Path: x.d.path, Problem: "can't be read", Err: err}
	}
	for _, e := range entries {
		if e.Name() == x.name+".json" || !strings.HasSuffix(e.Name(), ".json") {
			continue
		}
		t, _, err := x.d.readToken(filepath.Join(x.d.path, e.Name()))
		switch {
		case err != nil: // says nothing
		case t.Refresh == refresh:
			return &GivenError{File: e.Name()}
		case t.predecessor == given || t.given == given:
			return &GivenError{File: e.Name(), Spent: true}
		}
	}
	return nil
}
