package cache

import (
	"context"
	"errors"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// waitDrop is how long Drop waits for a busy lock: whoever holds it is about to replace the access
// token anyway.
const waitDrop = time.Second

// Drop forgets an access token that a server refused, so that the next call refreshes. Another value
// than the stored one changes nothing, nor does a token that was obtained less than a minute ago: a
// server that refuses everything would otherwise cost a refresh with each request. The refresh token
// stays.
func (d *Dir) Drop(ctx context.Context, key Key, refused secret.Text) error {
	name := d.name(key)
	t, err := d.read(name)
	if isSealed(err) {
		return nil // what can't be read now isn't handed out either
	}
	if err != nil || d.readOnly || !d.dropable(t, refused) {
		return err
	}
	h, err := d.lock(ctx, name, waitDrop, nil)
	if err != nil {
		if _, ok := errors.AsType[*BusyError](err); ok {
			return nil
		}
		return err
	}
	defer h.release()
	seen := d.readState(name)
	if t, err = d.read(name); err != nil || !d.dropable(t, refused) {
		return err
	}
	if t, _, err = d.recover(name, t, seen); err != nil || !d.dropable(t, refused) {
		return nil // somebody is at it, or was: there is a newer token, or will be
	}
	room, err := d.reserveRoom(name, t.form)
	if errors.Is(err, errLockLost) {
		return nil
	} else if err != nil {
		return err
	}
	// Under another lock file somebody may be about to replace what was read. As in beforeSend, one of the
	// two finds the other.
	guard, err := d.guardState(name)
	if err != nil {
		room.drop()
		return nil
	}
	defer guard.release()
	if !h.same() || !d.readState(name).same(seen) {
		room.drop()
		return nil
	}
	t.Access, t.AccessStamp = secret.Text{}, Stamp{}
	return room.save(name, t)
}

func (d *Dir) dropable(t Token, refused secret.Text) bool {
	return !refused.Empty() && t.Access == refused && d.sys.Now().Sub(t.AccessStamp.Obtained) >= settle
}
