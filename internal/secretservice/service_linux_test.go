package secretservice

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/e2e/rig/keyring"
)

const id = "0123456789abcdef0123456789abcdef"

var key = bytes.Repeat([]byte{0, 0xff, '\n', 7}, 8)

// on is the keyring of a bus, as a tool asks it, on a machine that may have much else to do.
func on(address string) *Keyring {
	k := within(address)
	k.patience = time.Minute
	return k
}

// within is on with the time that a tool has.
func within(address string) *Keyring {
	return &Keyring{Getenv: func(name string) string {
		if name == "DBUS_SESSION_BUS_ADDRESS" {
			return address
		}
		return ""
	}}
}

func (k *Keyring) asPerson() *Keyring { k.Person = true; return k }

func TestKeysInGnomeKeyring(t *testing.T) {
	bus := keyring.Start(t)
	gnome := bus.Gnome(true)
	watch := bus.Watch()
	k := on(bus.Address)
	if _, err := k.Key(id); !errors.Is(err, cache.ErrNoKey) {
		t.Errorf("none yet: %v", err)
	}
	if err := k.Ready(); err != nil {
		t.Error(err)
	}
	for range 2 { // the second replaces the first
		if err := k.Keep(id, key); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := on(bus.Address).Key(id); err != nil || !bytes.Equal(got, key) {
		t.Errorf("%x, %v", got, err)
	}
	if got := gnome.Items(); !slices.Equal(got, []string{"credential-idcs:" + id}) {
		t.Errorf("items %q", got)
	}

	gnome.Lock()
	for _, id := range []string{id, "fedcba9876543210fedcba9876543210"} { // of a closed keyring nobody knows what it lacks
		if _, err := k.Key(id); !errors.Is(err, errLocked) {
			t.Errorf("locked: %v", err)
		}
	}
	for what, err := range map[string]error{"keep": k.Keep(id, key), "ready": k.Ready(), "forget": k.Forget(id)} {
		if !errors.Is(err, errLocked) {
			t.Errorf("%s, locked: %v", what, err)
		}
	}
	gnome.Unlock()
	if got, err := k.Key(id); err != nil || !bytes.Equal(got, key) {
		t.Errorf("open again: %x, %v", got, err)
	}

	gnome.End() // a logout
	if _, err := k.Key(id); !errors.Is(err, errAbsent) {
		t.Errorf("absent: %v", err)
	}
	gnome = bus.Gnome(false) // the next session, which nobody has opened
	if _, err := k.Key(id); err == nil || errors.Is(err, cache.ErrNoKey) {
		t.Errorf("the next session: %v", err)
	}
	gnome.End()
	gnome = bus.Gnome(true)
	if got, err := k.Key(id); err != nil || !bytes.Equal(got, key) {
		t.Errorf("the next session, open: %x, %v", got, err)
	}
	gnome.Empty()
	if _, err := k.Key(id); !errors.Is(err, cache.ErrNoKey) {
		t.Errorf("deleted: %v", err)
	}
	if err := k.Keep(id, key); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := k.Forget(id); err != nil {
			t.Error(err)
		}
	}
	if got := gnome.Items(); len(got) != 0 {
		t.Errorf("items %q", got)
	}
	for _, method := range []string{"Unlock", "Prompt", "StartServiceByName"} {
		if n := watch.Count(method); n != 0 {
			t.Errorf("%s was called %d times", method, n)
		}
	}
	if watch.Count("SearchItems") == 0 {
		t.Error("the watch saw nothing")
	}
}

// A home where nobody has used a keyring yet.
func TestNoDefaultCollection(t *testing.T) {
	bus := keyring.Start(t)
	bus.Gnome(false)
	k := on(bus.Address)
	for what, err := range map[string]error{"keep": k.Keep(id, key), "ready": k.Ready(), "key": second(k.Key(id))} {
		if !errors.Is(err, errNowhere) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// A person is asked once, and what they open is used; a tool never asks.
func TestOnlyAPersonIsAsked(t *testing.T) {
	bus := keyring.Start(t)
	var yes atomic.Bool
	yes.Store(true)
	fake := bus.Fake(&keyring.Fake{Missing: true, Answer: yes.Load})
	if err := on(bus.Address).Keep(id, key); !errors.Is(err, errNowhere) || fake.Prompts() != 0 {
		t.Errorf("a tool: %v, %d dialogs", err, fake.Prompts())
	}
	if err := on(bus.Address).asPerson().Keep(id, key); err != nil || fake.Prompts() != 1 {
		t.Errorf("a new collection: %v, %d dialogs", err, fake.Prompts())
	}
	fake.SetLocked(true)
	if _, err := on(bus.Address).Key(id); !errors.Is(err, errLocked) || fake.Prompts() != 1 {
		t.Errorf("a tool: %v, %d dialogs", err, fake.Prompts())
	}
	k := on(bus.Address).asPerson()
	if got, err := k.Key(id); err != nil || !bytes.Equal(got, key) || fake.Prompts() != 2 {
		t.Errorf("opened: %x, %v, %d dialogs", got, err, fake.Prompts())
	}
	fake.SetLocked(true)
	yes.Store(false)
	for range 3 {
		if _, err := k.Key(id); !errors.Is(err, errLocked) || fake.Prompts() != 3 {
			t.Errorf("closed: %v, %d dialogs", err, fake.Prompts())
		}
	}
}

// H4: KeePassXC asks before it gives, stores or deletes an item, each connection anew. A tool never lets it ask, and a person is
// asked once for what one command does.
func TestAKeyringThatAsksForEachItem(t *testing.T) {
	key := bytes.Repeat([]byte{0, 0xff, '\n', 7}, 8)
	bus := keyring.Start(t)
	var yes atomic.Bool
	yes.Store(true)
	fake := bus.Fake(&keyring.Fake{Asks: true, Answer: yes.Load})
	dialogs := func(want int) {
		t.Helper()
		if n := fake.Prompts(); n != want {
			t.Errorf("%d dialogs, want %d", n, want)
		}
	}
	if err := on(bus.Address).Keep(id, key); !errors.Is(err, cache.ErrAsks) || len(fake.Items()) != 0 {
		t.Errorf("a tool stores: %v, %q", err, fake.Items())
	}
	if err := on(bus.Address).Forget(id); err != nil { // there is none
		t.Error(err)
	}
	dialogs(0)
	k := on(bus.Address)
	k.Confirms = true
	if err := k.Keep(id, key); err != nil {
		t.Fatal(err)
	}
	dialogs(1)
	if got, err := k.Key(id); err != nil || !bytes.Equal(got, key) {
		t.Errorf("who has stored it: %x, %v", got, err)
	}
	dialogs(1)
	if _, err := on(bus.Address).Key(id); !errors.Is(err, errLocked) {
		t.Errorf("a tool: %v", err)
	}
	if err := on(bus.Address).Forget(id); !errors.Is(err, errLocked) || len(fake.Items()) != 1 {
		t.Errorf("a tool deletes: %v", err)
	}
	dialogs(1)
	k = on(bus.Address).asPerson()
	for range 2 {
		if got, err := k.Key(id); err != nil || !bytes.Equal(got, key) {
			t.Errorf("a person: %x, %v", got, err)
		}
	}
	dialogs(2)
	yes.Store(false)
	k = on(bus.Address).asPerson()
	for range 2 {
		if _, err := k.Key(id); !errors.Is(err, errLocked) {
			t.Errorf("refused: %v", err)
		}
	}
	dialogs(3)
	yes.Store(true)
	fake.SetLocked(true) // who may only confirm isn't asked for the password
	k = on(bus.Address)
	k.Confirms = true
	for what, err := range map[string]error{"keep": k.Keep(id, key), "key": second(k.Key(id)), "forget": k.Forget(id)} {
		if !errors.Is(err, errLocked) {
			t.Errorf("%s, locked: %v", what, err)
		}
	}
	dialogs(3)
	if _, err := on(bus.Address).Key(id); !errors.Is(err, errLocked) {
		t.Errorf("a tool, locked: %v", err)
	}
	dialogs(3)
	fake.SetLocked(false)
	if err := k.Forget(id); err != nil || len(fake.Items()) != 0 {
		t.Errorf("forget: %v, %q", err, fake.Items())
	}
	dialogs(5) // to use it, to delete it
}

// A second item has the same attributes, in another collection, and one of the two was edited by another program.
func TestTheRightOneOfSeveralItems(t *testing.T) {
	bus := keyring.Start(t)
	gnome := bus.Gnome(true)
	right, wrong := bytes.Repeat([]byte{7}, 32), bytes.Repeat([]byte{8}, 32)
	id := idOf(right)
	for _, elsewhere := range [][]byte{wrong, right, nil} {
		k := on(bus.Address)
		if err := k.Keep(id, map[bool][]byte{true: wrong, false: right}[bytes.Equal(elsewhere, right)]); err != nil {
			t.Fatal(err)
		}
		gnome.PutElsewhere(attributes(id), elsewhere)
		if got, err := on(bus.Address).Key(id); err != nil || !bytes.Equal(got, right) {
			t.Errorf("elsewhere %x: %x, %v", elsewhere, got, err)
		}
		if err := k.Forget(id); err != nil {
			t.Error(err)
		}
		if _, err := on(bus.Address).Key(id); !errors.Is(err, cache.ErrNoKey) {
			t.Errorf("both deleted: %v", err)
		}
	}
}

// idOf is the id of a key as package cache has it.
func idOf(key []byte) string {
	sum := sha256.Sum256(append([]byte("credential-idcs seal key\x00"), key...))
	return hex.EncodeToString(sum[:16])
}
