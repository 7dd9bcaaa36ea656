package cache

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// Logout hands the stored refresh token to revoke and then deletes everything that is stored under
// key but the lock file, which others may be waiting at. A failed revocation doesn't keep the tokens;
// its error comes back when they are gone. revoke isn't called where there is no refresh token.
func (d *Dir) Logout(ctx context.Context, key Key, revoke func(ctx context.Context, refresh secret.Text, skew time.Duration) error) error {
	if !d.found {
		return nil
	}
	if d.readOnly {
		return &FolderError{Path: d.path, Problem: "belongs to another user"}
	}
	name := d.name(key)
	if !d.anything(name) {
		return nil
	}
	h, err := d.lock(ctx, name, d.waits.expired, nil)
	if err != nil {
		return err
	}
	defer h.release()
	d.sign(h)
	t, s, err := d.recover(name, d.readAnything(name), d.readState(name))
	if busy, ok := errors.AsType[*inFlightError](err); ok {
		return &BusyError{Pid: busy.pid, Waited: d.waits.expired}
	}
	var failed error
	if !t.Refresh.Empty() {
		limit := startTicks(ctx, limitLate)
		defer limit.stop()
		failed = revoke(limit.ctx, t.Refresh, time.Duration(s.SkewMS)*time.Millisecond)
	}
	for _, suffix := range []string{".json", ".new", ".state"} {
		if err := os.Remove(d.file(name, suffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(failed, &FolderError{Path: d.file(name, suffix), Problem: "can't be deleted", Err: err})
		}
	}
	for _, n := range d.aside(name) {
		if err := os.Remove(filepath.Join(d.path, n)); err != nil {
			return errors.Join(failed, &FolderError{Path: filepath.Join(d.path, n), Problem: "can't be deleted", Err: err})
		}
	}
	return failed
}

// readAnything is read for somebody who is about to delete it all: what can't be read is nothing.
func (d *Dir) readAnything(name string) Token {
	t, err := d.read(name)
	if err != nil {
		return Token{}
	}
	return t
}

// anything reports whether there is a file of the key to delete.
func (d *Dir) anything(name string) bool {
	for _, suffix := range []string{".json", ".new", ".state"} {
		if d.exists(name, suffix) {
			return true
		}
	}
	return len(d.aside(name)) > 0
}

func (d *Dir) exists(name, suffix string) bool {
	_, err := os.Lstat(d.file(name, suffix))
	return err == nil
}
