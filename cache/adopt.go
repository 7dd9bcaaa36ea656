package cache

import (
	"context"
	"errors"
	"time"
)

// waitAdopt is how long a call waits for the former key's lock. Whoever holds it is an older program
// that refreshes; then this call goes on under the former key, and a later one takes over.
const waitAdopt = time.Second

// Where returns the key under which a login's files are stored: key, unless there are files only under
// former, the key that an earlier version used. An empty former is none. It costs one lstat if key has files.
func (d *Dir) Where(key, former Key) Key {
	if former == "" || former == key || !d.found || d.stored(d.name(key)) || !d.stored(d.name(former)) {
		return key
	}
	return former
}

func (d *Dir) stored(name string) bool { return d.exists(name, ".json") }

// Settle is Where, but it first renames the files of former to the names of key. Only one login may ever
// have used former. Both locks are held, former's first, so neither an older program nor one of this version
// works with the files. If it is killed in the middle, the next call finishes. Files that can't be renamed
// now are used under their old name.
func (d *Dir) Settle(ctx context.Context, key, former Key) Key {
	if d.Where(key, former) == key {
		return key
	}
	if d.readOnly || d.takeOver(ctx, d.name(former), d.name(key)) != nil {
		return d.Where(key, former) // another process may have done it meanwhile
	}
	return key
}

func (d *Dir) takeOver(ctx context.Context, from, to string) error {
	theirs, err := d.lock(ctx, from, waitAdopt, nil)
	if err != nil {
		return err
	}
	defer theirs.release()
	ours, err := d.lock(ctx, to, waitAdopt, nil)
	if err != nil {
		return err
	}
	defer ours.release()
	if d.stored(to) || !d.stored(from) {
		return nil // done by another process while we waited
	}
	d.sign(theirs)
	if t, err := d.read(from); err == nil {
		if t.form.sealed() { // a box can't be moved to another key
			return &SealedError{Store: t.form.store, Why: "its files have another name"}
		}
		// What an interrupted refresh left behind is put in order under its own names; whoever is at it
		// under another lock file isn't disturbed.
		if _, _, err := d.recover(from, t, d.readState(from)); err != nil {
			return err
		}
	} else if !errors.Is(err, errDamaged) {
		return err
	}
	if !theirs.same() || !ours.same() {
		return errLockLost
	}
	// The token file last: as long as it has its former name, the next process goes on with this. What
	// was noted about the tokens must not be missing where they are found.
	for _, suffix := range []string{".state", ".new", ".json"} {
		if !d.exists(from, suffix) {
			continue
		}
		if err := replace(d.file(from, suffix), d.file(to, suffix), brief); err != nil {
			return &FolderError{Path: d.file(from, suffix), Problem: "can't be written", Err: err}
		}
	}
	return syncFolder(d.path)
}
