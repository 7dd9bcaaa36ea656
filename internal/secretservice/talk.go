package secretservice

import (
	"context"
	"errors"

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

// A talk is one connection to the bus.
type talk struct {
	ctx    context.Context
	conn   *dbus.Conn
	person bool
	dialog func() (over func()) // gives a dialog its own time, until over
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

// secret is the first secret of the items.
func (t *talk) secret(items []dbus.ObjectPath) ([]byte, error) {
	session, err := t.session()
	if err != nil {
		return nil, err
	}
	secrets := map[dbus.ObjectPath]secret{}
	if err := t.call(root, service+".GetSecrets", items, session).Store(&secrets); err != nil {
		return nil, t.plain(err)
	}
	for _, path := range items {
		if s, ok := secrets[path]; ok {
			return s.Value, nil
		}
	}
	return nil, errLocked // it was open a moment ago
}

// open checks that the default collection is open. If it isn't, the keyring asks the person, or the error is errLocked.
func (t *talk) open() error {
	var path dbus.ObjectPath
	if err := t.call(root, service+".ReadAlias", "default").Store(&path); err != nil {
		return t.plain(err)
	}
	if path == none {
		return t.create()
	}
	var locked dbus.Variant
	if err := t.call(path, "org.freedesktop.DBus.Properties.Get", collection, "Locked").Store(&locked); err != nil {
		return t.plain(err)
	}
	if closed, ok := locked.Value().(bool); ok && !closed {
		return nil
	}
	return t.unlock([]dbus.ObjectPath{path})
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

// prompt shows a dialog and waits for its end. For a tool it returns errLocked instead.
func (t *talk) prompt(path dbus.ObjectPath) error {
	if path == none || path == "" {
		return nil
	}
	if !t.person {
		return errLocked
	}
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
