// Package secretservice stores keys in a person's keyring (gnome-keyring, KWallet, KeePassXC), with the Secret Service
// on the session's D-Bus. https://specifications.freedesktop.org/secret-service-spec/latest/
//
// Only for a command of a person it calls Unlock and Prompt, which show a dialog. For a tool it shows none, starts no
// service, and takes at most 300 ms in all.
package secretservice

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/godbus/dbus/v5"
)

const (
	// limit is how long a request for a tool may take: with the rest, a call takes 300 ms more than without the keyring.
	limit = 290 * time.Millisecond
	// limitWrite is how long a keyring may take that answers and now writes its file, or that was just started for a
	// person.
	limitWrite = 3 * time.Second
	// limitDialog is how long the keyring's dialog may be open.
	limitDialog = 60 * time.Second
)

// A Keyring is the person's keyring, for one run of the program.
type Keyring struct {
	Getenv func(string) string
	// Person lets the keyring ask for its password, once.
	Person bool
	// Confirms lets it ask before it gives, stores or deletes a key, as KeePassXC does.
	Confirms bool

	talker   *talk         // KeePassXC lets a connection use what was allowed it, or what it has stored
	refused  bool          // the person has closed a dialog, and isn't shown another one
	patience time.Duration // in place of limit; 0: limit
	mute     bool          // it didn't answer once, so it isn't asked again for the other profiles
}

var (
	errLocked   = errors.New("the keyring is locked")
	errNoBus    = errors.New("no D-Bus session")
	errAbsent   = errors.New("no keyring runs in the D-Bus session")
	errMute     = errors.New("the keyring doesn't answer")
	errNowhere  = errors.New("the keyring has no default collection")
	errRejected = errors.New("the D-Bus session is another user's")
)

// attributes are the attributes by which an item is found.
func attributes(id string) map[string]string {
	return map[string]string{"application": "credential-idcs", "key": id}
}

// label is the item's name for people.
func label(id string) string { return "credential-idcs:" + id }

// Key is the key of an id; see cache.KeyStore. cache.ErrNoKey is returned only if the keyring is open.
func (k *Keyring) Key(id string) (key []byte, err error) {
	err = k.talk(limit, func(t *talk) error {
		if err := t.searchable(); err != nil {
			return err
		}
		found, locked, err := t.search(id)
		if err != nil {
			return err
		}
		if len(found) == 0 && len(locked) > 0 {
			if err := t.unlockItems(locked); err != nil {
				return err
			}
			found, locked = locked, nil
		}
		if len(found) == 0 {
			if err := t.open(); err != nil {
				return err
			}
			if found, _, err = t.search(id); err != nil { // items of a locked collection may not have been found
				return err
			}
		}
		if len(found) == 0 {
			return cache.ErrNoKey
		}
		if key, err = t.secret(found, id); err != nil || cache.IsKey(id, key) || len(locked) == 0 {
			return err
		}
		if err := t.unlockItems(locked); err != nil { // what was found has been edited, and a copy is in a closed collection
			return err
		}
		key, err = t.secret(locked, id)
		return err
	})
	return key, err
}

// Ready is why no key can be stored now, or nil.
func (k *Keyring) Ready() error { return k.talk(limit, (*talk).open) }

// Keep stores a key in the default collection.
func (k *Keyring) Keep(id string, key []byte) error {
	if err := k.Ready(); err != nil {
		return err
	}
	return k.talk(limitWrite, func(t *talk) error {
		session, err := t.session()
		if err != nil {
			return err
		}
		properties := map[string]dbus.Variant{
			"org.freedesktop.Secret.Item.Label":      dbus.MakeVariant(label(id)),
			"org.freedesktop.Secret.Item.Attributes": dbus.MakeVariant(attributes(id)),
		}
		var item, prompt dbus.ObjectPath
		err = t.call(defaultCollection, collection+".CreateItem", properties,
			secret{Session: session, Parameters: []byte{}, Value: slices.Clone(key), Type: "application/octet-stream"}, true).Store(&item, &prompt)
		if err != nil {
			return t.plain(err)
		}
		return t.confirm(prompt)
	})
}

// Forget deletes a key from a keyring that is open. It never asks for a password.
func (k *Keyring) Forget(id string) error {
	isOpen := func(t *talk) error { t.person = false; return t.open() }
	if err := k.talk(limit, isOpen); err != nil {
		return err
	}
	return k.talk(limitWrite, func(t *talk) error {
		t.person = false
		found, locked, err := t.search(id)
		if err != nil {
			return err
		}
		if len(locked) > 0 {
			if err := t.unlockItems(locked); err != nil {
				return err
			}
		}
		for _, path := range append(found, locked...) {
			var prompt dbus.ObjectPath
			if err := t.call(path, "org.freedesktop.Secret.Item.Delete").Store(&prompt); err != nil {
				return t.plain(err)
			}
			if err := t.confirm(prompt); err != nil {
				return err
			}
		}
		return nil
	})
}

// talk runs do on the connection of this run, and ends both when the time is over.
func (k *Keyring) talk(patience time.Duration, do func(*talk) error) error {
	if k.mute {
		return errMute
	}
	person, confirms := k.Person && !k.refused, k.Confirms && !k.refused
	if patience = max(patience, k.patience); person || confirms {
		patience = max(patience, limitWrite)
	}
	t := k.talker
	if t == nil {
		t = &talk{}
		t.ctx, t.cancel = context.WithCancel(context.Background())
		k.talker = t
	}
	clock := time.AfterFunc(patience, t.cancel) // a context's own deadline couldn't be put off by a dialog
	defer clock.Stop()
	t.person, t.confirms, t.asked = person, confirms, false
	t.dialog = func() (over func()) {
		clock.Reset(limitDialog)
		return func() { clock.Reset(patience) }
	}
	done := make(chan error, 1)
	go func() {
		if t.conn == nil {
			if err := t.connect(addresses(k.Getenv)); err != nil {
				done <- err
				return
			}
		}
		done <- do(t)
	}()
	select {
	case err := <-done:
		switch {
		case t.ctx.Err() != nil:
			k.mute = true
		case t.conn == nil:
			t.cancel()
			k.talker = nil
		}
		if t.asked && errors.Is(err, errLocked) {
			k.refused = true
		}
		return err
	case <-t.ctx.Done():
		k.mute = true
		return errMute
	}
}
