package secretservice

import (
	"context"
	"errors"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/godbus/dbus/v5"
)

const (
	name              = "org.freedesktop.secrets"
	service           = "org.freedesktop.Secret.Service"
	collection        = "org.freedesktop.Secret.Collection"
	root              = dbus.ObjectPath("/org/freedesktop/secrets")
	defaultCollection = dbus.ObjectPath("/org/freedesktop/secrets/aliases/default")
	none              = dbus.ObjectPath("/") // no object, no prompt
)

// A secret is the specification's structure of that name.
type secret struct {
	Session    dbus.ObjectPath
	Parameters []byte
	Value      []byte
	Type       string
}

// A talk is one connection to the bus, and what may be done in one question.
type talk struct {
	ctx      context.Context
	cancel   context.CancelFunc
	conn     *dbus.Conn
	person   bool                 // the keyring may ask for its password
	confirms bool                 // it may ask whether we may do what we are at
	asked    bool                 // it has
	dialog   func() (over func()) // gives a dialog its own time, until over
}

// call calls a method. For a tool it doesn't start the service.
func (t *talk) call(path dbus.ObjectPath, method string, args ...any) *dbus.Call {
	flags := dbus.FlagNoAutoStart
	if t.person {
		flags = 0
	}
	return t.conn.Object(name, path).CallWithContext(t.ctx, method, flags, args...)
}

// plain is our error for an error of the bus.
func (t *talk) plain(err error) error {
	e, ok := errors.AsType[dbus.Error](err)
	switch {
	case !ok: // the connection ended, or its time is over
		return errMute
	case e.Name == "org.freedesktop.DBus.Error.ServiceUnknown", e.Name == "org.freedesktop.DBus.Error.NameHasNoOwner":
		return errAbsent
	case e.Name == "org.freedesktop.Secret.Error.IsLocked":
		return errLocked
	case e.Name == "org.freedesktop.DBus.Error.NoReply":
		return errMute
	}
	return errors.New("the keyring: " + e.Error())
}

// search are the items of an id, by whether they can be read.
func (t *talk) search(id string) (found, locked []dbus.ObjectPath, err error) {
	if err := t.call(root, service+".SearchItems", attributes(id)).Store(&found, &locked); err != nil {
		return nil, nil, t.plain(err)
	}
	return found, locked, nil
}

// session opens a session without encryption: the bus is the user's own, and every program on it may ask the keyring
// itself.
func (t *talk) session() (dbus.ObjectPath, error) {
	var output dbus.Variant
	var session dbus.ObjectPath
	if err := t.call(root, service+".OpenSession", "plain", dbus.MakeVariant("")).Store(&output, &session); err != nil {
		return "", t.plain(err)
	}
	return session, nil
}

// secret is the key of an id among the secrets of the items. Where none is, it is the first: another program has
// edited it.
func (t *talk) secret(items []dbus.ObjectPath, id string) ([]byte, error) {
	session, err := t.session()
	if err != nil {
		return nil, err
	}
	secrets := map[dbus.ObjectPath]secret{}
	if err := t.call(root, service+".GetSecrets", items, session).Store(&secrets); err != nil {
		return nil, t.plain(err)
	}
	var first []byte
	for _, path := range items {
		switch s, ok := secrets[path]; {
		case ok && cache.IsKey(id, s.Value):
			return s.Value, nil
		case ok && first == nil:
			first = s.Value
		}
	}
	if len(secrets) == 0 {
		return nil, errLocked // it was open a moment ago
	}
	return first, nil
}

// searchable checks that a collection is open, as open does: where none is, KeePassXC answers a search with its dialog.
func (t *talk) searchable() error {
	path, locked, err := t.standard()
	if err != nil || path != none && !locked {
		return err
	}
	var all dbus.Variant
	if t.call(root, "org.freedesktop.DBus.Properties.Get", service, "Collections").Store(&all) == nil {
		paths, _ := all.Value().([]dbus.ObjectPath)
		for _, other := range paths {
			if locked, err := t.locked(other); err == nil && !locked && other != path {
				return nil
			}
		}
	}
	return t.open()
}

// open checks that the default collection is open. If it isn't, the keyring asks the person, or the error is errLocked.
func (t *talk) open() error {
	path, locked, err := t.standard()
	switch {
	case err != nil:
		return err
	case path == none:
		return t.create()
	case locked:
		return t.unlock([]dbus.ObjectPath{path})
	}
	return nil
}

// standard is the default collection, none if there is none, and whether it is locked.
func (t *talk) standard() (path dbus.ObjectPath, locked bool, err error) {
	if err := t.call(root, service+".ReadAlias", "default").Store(&path); err != nil {
		return "", false, t.plain(err)
	}
	if path == none {
		return none, false, nil
	}
	locked, err = t.locked(path)
	return path, locked, err
}

func (t *talk) locked(path dbus.ObjectPath) (bool, error) {
	var value dbus.Variant
	if err := t.call(path, "org.freedesktop.DBus.Properties.Get", collection, "Locked").Store(&value); err != nil {
		return false, t.plain(err)
	}
	locked, ok := value.Value().(bool)
	return locked || !ok, nil
}

// create makes the default collection, for which the keyring asks the person for a password.
func (t *talk) create() error {
	if !t.person {
		return errNowhere
	}
	properties := map[string]dbus.Variant{collection + ".Label": dbus.MakeVariant("Default keyring")}
	var made, prompt dbus.ObjectPath
	if err := t.call(root, service+".CreateCollection", properties, "default").Store(&made, &prompt); err != nil {
		return t.plain(err)
	}
	return t.prompt(prompt)
}

// unlock lets the keyring ask the person for its password.
func (t *talk) unlock(objects []dbus.ObjectPath) error {
	if !t.person {
		return errLocked
	}
	var unlocked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	if err := t.call(root, service+".Unlock", objects).Store(&unlocked, &prompt); err != nil {
		return t.plain(err)
	}
	return t.prompt(prompt)
}

// unlockItems is unlock for items, of which the keyring may ask whether we may use them, though it is open.
func (t *talk) unlockItems(items []dbus.ObjectPath) error {
	if t.confirms && !t.person && t.open() == nil {
		t.person = true
		defer func() { t.person = false }()
	}
	return t.unlock(items)
}

// confirm has the keyring ask for leave to store or delete. Where nobody is there for that, nothing is stored.
func (t *talk) confirm(path dbus.ObjectPath) error {
	if !t.confirms && path != none && path != "" {
		return cache.ErrAsks
	}
	return t.prompt(path)
}

// prompt shows a dialog and waits for its end.
func (t *talk) prompt(path dbus.ObjectPath) error {
	if path == none || path == "" {
		return nil
	}
	t.asked = true
	defer t.dialog()()
	completed := make(chan *dbus.Signal, 8)
	t.conn.Signal(completed)
	defer t.conn.RemoveSignal(completed)
	if err := t.conn.AddMatchSignalContext(t.ctx, dbus.WithMatchObjectPath(path), dbus.WithMatchInterface("org.freedesktop.Secret.Prompt")); err != nil {
		return errMute
	}
	if err := t.call(path, "org.freedesktop.Secret.Prompt.Prompt", "").Err; err != nil {
		return t.plain(err)
	}
	for {
		select {
		case s, ok := <-completed:
			if ok && (s.Path != path || s.Name != "org.freedesktop.Secret.Prompt.Completed" || len(s.Body) != 2) {
				continue
			}
			if ok && s.Body[0] == false { // not dismissed
				return nil
			}
			return errLocked
		case <-t.ctx.Done(): // nobody has answered
			return errLocked
		}
	}
}
