package cache

import (
	"cmp"
	"context"
)

// Reseal writes what is stored in the configured form, under the lock and as durably as a refresh does, without
// a request. It reports whether there was anything to write.
func (d *Dir) Reseal(ctx context.Context, key Key) (changed bool, err error) {
	name := d.name(key)
	if !d.anything(name) {
		d.rewritten(form{}, d.next())
		return false, nil
	}
	if err := d.ensure(); err != nil {
		return false, err
	}
	_, err = d.withLock(ctx, name, func(h *hold) (Result, error) {
		x := &transaction{call: d.call(key, Query{}, Renewal{}), hold: h}
		return x.locked(func() (r Result, err error) {
			changed, err = x.reseal()
			return r, err
		})
	})
	return changed, err
}

func (x *transaction) reseal() (changed bool, err error) {
	damaged, err := x.lookAgain()
	if err := cmp.Or(err, damaged); err != nil {
		return false, err
	}
	if x.old.none() {
		x.d.rewritten(form{}, x.d.next())
		return false, nil
	}
	f, err := x.d.configured()
	if err != nil {
		return false, err
	}
	if x.old.form.sameKey(f) {
		x.d.rewritten(form{}, f) // who wrote this form may have been killed before the former key was deleted
		return false, nil
	}
	x.d.sign(x.hold)
	room, err := x.d.reserveRoom(x.name, f)
	if err != nil {
		return false, err
	}
	// Under another lock file somebody may be about to replace what was read. As in beforeSend, one of the two
	// finds the other.
	guard, err := x.d.guardState(x.name)
	if err != nil || !x.hold.same() || !x.d.readState(x.name).same(x.seen) {
		guard.release()
		room.drop()
		return false, errLockLost
	}
	defer guard.release()
	t := x.old
	t.predecessor = digest(t.Refresh) // so that a kill before the rename is mended like any other
	if err := room.save(x.name, t); err != nil && !inPlace(err) {
		return false, &FolderError{Path: x.d.path, Problem: "can't be written", Err: err}
	}
	x.d.rewritten(x.old.form, f)
	return true, nil
}
