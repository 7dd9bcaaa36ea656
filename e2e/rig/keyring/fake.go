//go:build linux

package keyring

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/godbus/dbus/v5"
)

// A Fake is a keyring that shows its dialogs to a test: Answer is the person. It has one collection and items by
// their attribute "key".
type Fake struct {
	// Answer is called for each dialog; false: the person closes it. Nil: the dialog stays until the end.
	Answer func() bool
	// Missing: there is no default collection yet.
	Missing bool
	// Hangs is a method that never answers.
	Hangs string
	// Asks: each connection has to ask the person before it gets, stores or deletes an item, and a search where nothing is
	// open shows a dialog, as with KeePassXC.
	Asks bool

	mu      sync.Mutex
	conn    *dbus.Conn
	locked  bool
	secrets map[string][]byte
	allowed map[access]bool
	pending func()
	prompts int
}

// An access is what the person has allowed: a connection may use an item.
type access struct {
	client dbus.Sender
	id     string
}

type fakeSecret struct {
	Session    dbus.ObjectPath
	Parameters []byte
	Value      []byte
	Type       string
}

const (
	onlyCollection = dbus.ObjectPath("/org/freedesktop/secrets/collection/only")
	aliased        = dbus.ObjectPath("/org/freedesktop/secrets/aliases/default")
	onlyPrompt     = dbus.ObjectPath("/org/freedesktop/secrets/prompt/only")
	itemPrefix     = onlyCollection + "/k"
)

// Fake starts one on the bus.
func (b *Bus) Fake(f *Fake) *Fake {
	b.t.Helper()
	f.conn, f.secrets, f.allowed = b.Conn(), map[string][]byte{}, map[access]bool{}
	f.export(root, "org.freedesktop.Secret.Service", map[string]any{
		"SearchItems": f.searchItems, "OpenSession": f.openSession, "GetSecrets": f.getSecrets,
		"ReadAlias": f.readAlias, "Unlock": f.unlock, "CreateCollection": f.createCollection,
	})
	f.export(aliased, "org.freedesktop.Secret.Collection", map[string]any{"CreateItem": f.createItem})
	f.export(onlyCollection, "org.freedesktop.DBus.Properties", map[string]any{"Get": f.get})
	f.export(onlyPrompt, "org.freedesktop.Secret.Prompt", map[string]any{"Prompt": f.prompt})
	if _, err := f.conn.RequestName(name, dbus.NameFlagDoNotQueue); err != nil {
		b.t.Fatal(err)
	}
	return f
}

func (f *Fake) export(path dbus.ObjectPath, of string, methods map[string]any) {
	_ = f.conn.ExportMethodTable(methods, path, of) // fails for a path that is none
}

// hang keeps a method's call, if it is the one that never answers.
func (f *Fake) hang(method string) {
	if f.Hangs == method {
		<-f.conn.Context().Done()
	}
}

// SetLocked locks the collection, or opens it.
func (f *Fake) SetLocked(locked bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.locked = locked
}

// Prompts is how many dialogs were shown.
func (f *Fake) Prompts() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.prompts
}

// Items are the ids of what is stored.
func (f *Fake) Items() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(maps.Keys(f.secrets))
}

// closed reports whether a connection can't use an item now.
func (f *Fake) closed(client dbus.Sender, id string) bool {
	return f.locked || f.Asks && !f.allowed[access{client, id}]
}

func (f *Fake) searchItems(client dbus.Sender, attributes map[string]string) (found, locked []dbus.ObjectPath, _ *dbus.Error) {
	f.hang("SearchItems")
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.Asks && f.locked {
		f.prompts++
		return []dbus.ObjectPath{}, []dbus.ObjectPath{}, nil
	}
	found, locked = []dbus.ObjectPath{}, []dbus.ObjectPath{}
	id := attributes["key"]
	switch _, ok := f.secrets[id]; {
	case !ok:
	case f.closed(client, id):
		locked = append(locked, itemPrefix+dbus.ObjectPath(id))
	default:
		found = append(found, itemPrefix+dbus.ObjectPath(id))
	}
	return found, locked, nil
}

func (f *Fake) openSession(string, dbus.Variant) (dbus.Variant, dbus.ObjectPath, *dbus.Error) {
	f.hang("OpenSession")
	return dbus.MakeVariant(""), "/org/freedesktop/secrets/session/s", nil
}

func (f *Fake) getSecrets(client dbus.Sender, items []dbus.ObjectPath, session dbus.ObjectPath) (map[dbus.ObjectPath]fakeSecret, *dbus.Error) {
	f.hang("GetSecrets")
	f.mu.Lock()
	defer f.mu.Unlock()
	all := map[dbus.ObjectPath]fakeSecret{}
	for _, path := range items {
		if v, ok := f.secrets[idOf(path)]; ok && !f.closed(client, idOf(path)) {
			all[path] = fakeSecret{session, []byte{}, v, "application/octet-stream"}
		}
	}
	return all, nil
}

func (f *Fake) readAlias(string) (dbus.ObjectPath, *dbus.Error) {
	f.hang("ReadAlias")
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.Missing {
		return "/", nil
	}
	return onlyCollection, nil
}

func (f *Fake) get(_, _ string) (dbus.Variant, *dbus.Error) {
	f.hang("Get")
	f.mu.Lock()
	defer f.mu.Unlock()
	return dbus.MakeVariant(f.locked), nil
}

func (f *Fake) unlock(client dbus.Sender, objects []dbus.ObjectPath) ([]dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pending = func() {
		f.locked = false
		for _, path := range objects {
			f.allowed[access{client, idOf(path)}] = true
		}
	}
	return []dbus.ObjectPath{}, onlyPrompt, nil
}

func (f *Fake) createCollection(map[string]dbus.Variant, string) (dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pending = func() { f.Missing, f.locked = false, false }
	return "/", onlyPrompt, nil
}

func (f *Fake) createItem(client dbus.Sender, properties map[string]dbus.Variant, s fakeSecret, _ bool) (dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.locked || f.Missing {
		return "/", "/", dbus.NewError("org.freedesktop.Secret.Error.IsLocked", nil)
	}
	attributes, _ := properties["org.freedesktop.Secret.Item.Attributes"].Value().(map[string]string)
	id := attributes["key"]
	path := itemPrefix + dbus.ObjectPath(id)
	create := func() {
		f.secrets[id] = s.Value
		f.allowed[access{client, id}] = true
		f.export(path, "org.freedesktop.Secret.Item", map[string]any{"Delete": func() (dbus.ObjectPath, *dbus.Error) { return f.deleteItem(id) }})
	}
	if f.Asks {
		f.pending = create
		return "/", onlyPrompt, nil
	}
	create()
	return path, "/", nil
}

func (f *Fake) deleteItem(id string) (dbus.ObjectPath, *dbus.Error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	remove := func() { delete(f.secrets, id) }
	if f.Asks {
		f.pending = remove
		return onlyPrompt, nil
	}
	remove()
	return "/", nil
}

func idOf(item dbus.ObjectPath) string { return strings.TrimPrefix(string(item), string(itemPrefix)) }

func (f *Fake) prompt(string) *dbus.Error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.prompts++
	done, answer := f.pending, f.Answer
	if answer == nil {
		return nil
	}
	go func() {
		yes := answer()
		if yes {
			f.mu.Lock()
			done()
			f.mu.Unlock()
		}
		_ = f.conn.Emit(onlyPrompt, "org.freedesktop.Secret.Prompt.Completed", !yes, dbus.MakeVariant(""))
	}()
	return nil
}
