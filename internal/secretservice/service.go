// Package secretservice keeps keys in a person's keyring, by the Secret Service on the session's D-Bus:
// gnome-keyring, KWallet, KeePassXC. https://specifications.freedesktop.org/secret-service-spec/latest/
//
// What runs for a tool never shows a dialog, never starts a service and waits 300 ms in all: it calls neither Unlock
// nor Prompt, whatever the keyring answers. Only what a person typed may ask.
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
	// limit is what all of one question may take where nobody is there to be asked: with the rest of the call it is
	// 300 ms more than with the key.
	limit = 290 * time.Millisecond
	// limitWrite is what a keyring may take that has just answered and now writes its file, or that was just started
	// for a person.
	limitWrite = 3 * time.Second
	// limitDialog is how long a person may look at the keyring's dialog.
	limitDialog = 60 * time.Second
)

// A Keyring is the person's. It serves one run of the program.
type Keyring struct {
	Getenv func(string) string
	// Person lets the keyring ask for its password, once.
	Person bool

	patience time.Duration // in place of limit; 0: limit
	mute     bool          // it hasn't answered once: a command that looks at many profiles waits for it no more
}

var (
	errLocked   = errors.New("the keyring is locked")
	errNoBus    = errors.New("no D-Bus session")
	errAbsent   = errors.New("no keyring runs in the D-Bus session")
	errMute     = errors.New("the keyring doesn't answer")
	errNowhere  = errors.New("the keyring has no default collection")
	errRejected = errors.New("the D-Bus session is another user's")
)

// attributes are how an item is found.
func attributes(id string) map[string]string {
	return map[string]string{"application": "credential-idcs", "key": id}
}

// label is the item's name for people.
func label(id string) string { return "credential-idcs:" + id }

// Key is the key of an id; see cache.KeyStore. That there is none is believed only of a keyring that is open.
func (k *Keyring) Key(id string) (key []byte, err error) {
	err = k.talk(limit, func(t *talk) error {
		found, locked, err := t.search(id)
		if err != nil {
			return err
		}
		if len(found) == 0 && len(locked) > 0 {
			if err := t.unlock(locked); err != nil {
				return err
			}
			found = locked
		}
		if len(found) == 0 {
			if err := t.open(); err != nil {
				return err
			}
			if found, _, err = t.search(id); err != nil { // what was locked before had no attributes to be found by
				return err
			}
		}
		if len(found) == 0 {
			return cache.ErrNoKey
		}
		key, err = t.secret(found)
		return err
	})
	return key, err
}

// Ready is why no key could be kept now, or nil.
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
		return t.prompt(prompt)
	})
}

// Forget takes a key out.
func (k *Keyring) Forget(id string) error {
	if err := k.Ready(); err != nil {
		return err
	}
	return k.talk(limitWrite, func(t *talk) error {
		found, locked, err := t.search(id)
		if err != nil {
			return err
		}
		if len(locked) > 0 {
			if err := t.unlock(locked); err != nil {
				return err
			}
		}
		for _, path := range append(found, locked...) {
			var prompt dbus.ObjectPath
			if err := t.call(path, "org.freedesktop.Secret.Item.Delete").Store(&prompt); err != nil {
				return t.plain(err)
			}
			if err := t.prompt(prompt); err != nil {
				return err
			}
		}
		return nil
	})
}

// talk opens a connection, and ends it when its time is over, whatever it is at.
func (k *Keyring) talk(patience time.Duration, do func(*talk) error) error {
	if k.mute {
		return errMute
	}
	person := k.Person
	if patience = max(patience, k.patience); person {
		patience = max(patience, limitWrite)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	clock := time.AfterFunc(patience, cancel) // a context's own deadline couldn't be put off by a dialog
	defer clock.Stop()
	done := make(chan error, 1)
	go func() {
		t, err := connect(ctx, addresses(k.Getenv))
		if err != nil {
			done <- err
			return
		}
		defer t.conn.Close()
		t.person = person
		t.dialog = func() (over func()) {
			clock.Reset(limitDialog)
			return func() { clock.Reset(patience) }
		}
		done <- do(t)
	}()
	select {
	case err := <-done:
		if errors.Is(err, errLocked) {
			k.Person = false // who has closed the dialog isn't asked again
		}
		return err
	case <-ctx.Done():
		k.mute = true
		return errMute
	}
}
