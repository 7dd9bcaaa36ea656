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
// its error comes back when they are gone. revoke isn't called where there is no refresh token. What
// can't be read because a newer version wrote it, or because it is no file of ours, stays: *NewerError,
// *FolderError.
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
	t, err := d.read(name)
	var failed error
	if errors.Is(err, errDamaged) {
		t, failed = Token{}, errors.New("the token file was damaged")
	} else if err != nil {
		return err // there is something that we can't revoke, and didn't make
	}
	t, s, err := d.recover(name, t, d.readState(name))
	if busy, ok := errors.AsType[*inFlightError](err); ok {
		return &BusyError{Pid: busy.pid, Waited: d.waits.expired}
	} else if err != nil {
		return err // the one live token lies in a file that can't be put in its place
	}
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
