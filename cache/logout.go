package cache

import (
	"context"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/internal/share"
)

// Logout passes the stored refresh token to revoke and then deletes everything that is stored under key,
// except the lock file, for which others may be waiting. The tokens are deleted even if revoke fails; its
// error is returned afterwards. revoke isn't called if there is no refresh token. A file that a newer
// version wrote, or that is not ours, stays: *NewerError, *FolderError. The refresh token of a copied folder
// belongs to the original and isn't revoked: ErrCopied, ErrOtherMachine.
func (d *Dir) Logout(ctx context.Context, key Key, revoke func(ctx context.Context, refresh secret.Text, skew time.Duration) error) error {
	if !d.found {
		return nil
	}
	if d.readOnly {
		return &FolderError{Path: d.path, Problem: "belongs to another user"}
	}
	name := d.name(key)
	if !d.anything(name) {
		d.rewritten(form{}, form{}) // who logged out before may have been killed before the key was deleted
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
	} else if isSealed(err) {
		t, failed = Token{}, err
	} else if err != nil {
		return err // a file that we can't revoke, or didn't make
	}
	t, s, err := d.recover(name, t, d.readState(name))
	if busy, ok := errors.AsType[*inFlightError](err); ok {
		return &BusyError{Pid: busy.pid, Waited: d.waits.expired}
	} else if isSealed(err) {
		failed = err
	} else if err != nil {
		return err // the one live token lies in a file that can't be put in its place
	}
	c := d.call(key, Query{}, Renewal{})
	switch {
	case t.Refresh.Empty():
	case c.foreign(t) || t.copied:
		failed = c.loginNeeded(t, state{}) // the refresh token is the original's
	default:
		limit := startTicks(ctx, limitPerson)
		defer limit.stop()
		failed = revoke(limit.ctx, t.Refresh, time.Duration(s.SkewMS)*time.Millisecond)
	}
	return errors.Join(failed, d.remove(name))
}

// remove deletes everything of a key but the lock file.
func (d *Dir) remove(name string) error {
	forms, err := d.formsOf(name + ".")
	if err != nil {
		return err
	}
	for _, suffix := range []string{".json", ".new", ".state"} {
		if err := share.Remove(d.file(name, suffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return &FolderError{Path: d.file(name, suffix), Problem: "can't be deleted", Err: err}
		}
	}
	for _, n := range slices.Concat(d.aside(name, badFile), d.aside(name, sealedFile)) {
		if err := share.Remove(filepath.Join(d.path, n)); err != nil {
			return &FolderError{Path: filepath.Join(d.path, n), Problem: "can't be deleted", Err: err}
		}
	}
	return d.forgetKeys(form{}, forms...)
}

// ForgetOthers deletes what is stored under other keys than these, each under its lock, and returns the
// base names of what it deleted. The domain and the client of such tokens are unknown, so they aren't
// revoked. On a network folder they may be another machine's, so nothing is deleted there.
func (d *Dir) ForgetOthers(ctx context.Context, keep []Key) (gone []string, err error) {
	if d.readOnly {
		return nil, nil
	}
	names, err := d.others(keep)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		h, err := d.lock(ctx, name, d.waits.expired, nil)
		if err != nil {
			return gone, err
		}
		err = d.remove(name)
		h.release()
		if err != nil {
			return gone, err
		}
		gone = append(gone, name)
	}
	return gone, nil
}

// Others are the token files of other keys than these, as far as they can be seen.
func (d *Dir) Others(keep []Key) (files []string) {
	names, _ := d.others(keep)
	for _, name := range names {
		if d.stored(name) {
			files = append(files, d.file(name, ".json"))
		}
	}
	return files
}

// others are the base names of what is stored under other keys than these.
func (d *Dir) others(keep []Key) (names []string, err error) {
	if !d.found || d.network {
		return nil, nil
	}
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return nil, &FolderError{Path: d.path, Problem: "can't be read", Err: err}
	}
	seen := map[string]bool{}
	for _, k := range keep {
		seen[d.name(k)] = true
	}
	for _, e := range entries {
		name, _, _ := strings.Cut(e.Name(), ".")
		if b, err := hex.DecodeString(name); err != nil || len(b) != 16 || seen[name] {
			continue
		}
		seen[name] = true
		if d.anything(name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// anything reports whether there is a file of the key to delete.
func (d *Dir) anything(name string) bool {
	for _, suffix := range []string{".json", ".new", ".state"} {
		if d.exists(name, suffix) {
			return true
		}
	}
	return len(d.aside(name, badFile))+len(d.aside(name, sealedFile)) > 0
}

func (d *Dir) exists(name, suffix string) bool {
	_, err := os.Lstat(d.file(name, suffix))
	return err == nil
}
