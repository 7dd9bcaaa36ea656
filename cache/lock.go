package cache

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/credential-idcs/credential-idcs/internal/share"
)

// A hold is the lock of one key while it is held.
type hold struct {
	lock *flock.Flock
	path string
}

// errBusy says that another process holds the lock at this moment.
var errBusy = errors.New("busy")

// tryLock takes the lock of a key, or returns errBusy. The lock is on a file of its own, since the token
// file is replaced all the time. If a person deletes the lock file, two processes could hold two locks: so
// a hold counts only while its file is the one that others find under the name (see same).
//
// Any other error means that locks don't work here; then nothing may be refreshed.
func (d *Dir) tryLock(name string) (*hold, error) {
	h, err := lockFile(d.file(name, ".lock"))
	if !errors.Is(err, fs.ErrNotExist) {
		return h, err
	}
	if err := d.ensure(); err != nil { // the folder was deleted
		return nil, err
	}
	return lockFile(d.file(name, ".lock"))
}

func lockFile(path string) (*hold, error) {
	for range 3 { // the file may be deleted between our opening it and locking it
		f := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR|noFollow), flock.SetPermissions(0o600))
		var ok bool
		var err error
		private(func() { ok, err = f.TryLock() })
		if share.Held(err) {
			return nil, errBusy
		}
		if err != nil {
			if isFull(err) {
				return nil, &FolderError{Path: filepath.Dir(path), Problem: "has no room for a lock", Full: true, Err: err}
			}
			return nil, &FolderError{Path: path, Problem: "can't be locked", Absent: readOnlyFS(err), Err: err}
		}
		if !ok {
			return nil, errBusy
		}
		h := &hold{lock: f, path: path}
		if h.same() {
			return h, nil
		}
		h.release()
	}
	return nil, errBusy
}

// same reports whether the file that we hold is the one that other processes would lock.
func (h *hold) same() bool {
	ours, err := h.lock.Stat()
	if err != nil || links(ours) == 0 {
		return false
	}
	theirs, err := os.Lstat(h.path)
	return err == nil && os.SameFile(ours, theirs)
}

// release gives the lock back.
func (h *hold) release() {
	if h != nil {
		_ = h.lock.Unlock()
	}
}

// sign writes pid and start of this process into the lock file, for the message of those who wait in
// vain. Errors are ignored: nothing else depends on it.
func (d *Dir) sign(h *hold) {
	f, err := os.OpenFile(h.path, os.O_WRONLY|noFollow, 0)
	if err != nil {
		return
	}
	defer f.Close()
	pid := d.sys.Pid
	start, _ := d.sys.Process(pid)
	line := strconv.Itoa(pid) + " " + start
	_, _ = f.WriteAt([]byte(line+strings.Repeat(" ", max(0, 63-len(line)))+"\n"), signAt)
}

// holder is the pid of the process that signed the lock file last, if it still runs; else 0.
func (d *Dir) holder(name string) int {
	f, err := os.OpenFile(d.file(name, ".lock"), os.O_RDONLY|noFollow, 0)
	if err != nil {
		return 0
	}
	defer f.Close()
	if fi, err := f.Stat(); err != nil || !fi.Mode().IsRegular() { // reading a fifo would wait
		return 0
	}
	b, _ := io.ReadAll(io.NewSectionReader(f, signAt, 64))
	word, signed, _ := strings.Cut(strings.TrimSpace(string(b)), " ")
	pid, err := strconv.Atoi(word)
	if err != nil || pid < 1 {
		return 0
	}
	if start, alive := d.sys.Process(pid); !alive || start != signed {
		return 0
	}
	return pid
}

// lock waits for the lock, at most for wait by the wall clock. Between its attempts it calls news, if not
// nil, which reports whether the holder has settled what the lock is wanted for: so all who wait see the
// outcome at once, without queueing for the lock. The error is errSettled then, *BusyError when the time
// is over, or that of tryLock or ctx.
func (d *Dir) lock(ctx context.Context, name string, wait time.Duration, news func() bool) (*hold, error) {
	begun := time.Now()
	// A call that has no token to answer waits to its end for the outcome, as long as the holder awaits the
	// domain's answer.
	patient := news != nil && wait > waitHard
	for {
		h, err := d.tryLock(name)
		if !errors.Is(err, errBusy) {
			return h, err
		}
		if news != nil && news() {
			return nil, errSettled
		}
		waited := time.Since(begun)
		if waited >= wait && patient && waited < limitCall+time.Second && d.answering(name) {
			wait = min(waited+tick, limitCall+time.Second)
		}
		if waited >= wait {
			pid := d.holder(name)
			if s := d.readState(name); pid == 0 && s.Intent != nil && d.atWork(s.Intent) {
				pid = s.Intent.Pid // under a lock file that was deleted
			}
			return nil, &BusyError{Pid: pid, Waited: wait}
		}
		pause := 25*time.Millisecond + time.Duration(d.sys.Spread()*float64(75*time.Millisecond))
		select {
		case <-time.After(min(pause, wait-waited)):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// answering reports whether a process of this machine is awaiting the domain's answer, and isn't stopped.
func (d *Dir) answering(name string) bool {
	s := d.readState(name)
	return s.Intent != nil && d.sys.Running != nil && s.Intent.Machine == d.sys.Machine() &&
		s.Intent.Namespace == pidNamespace() && d.sys.Running(s.Intent.Pid, s.Intent.Start)
}

var errSettled = errors.New("settled by another process")
