package cache

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// Who logs out of the last sealed file takes the key away, also from a login of another profile that is about to be
// stored: it must be there again with the file.
func TestALoginKeepsItsKey(t *testing.T) {
	for name, store := range map[string]func(*Dir, func()) error{
		"grant": func(d *Dir, meanwhile func()) error {
			grant := grantOf(func() (Token, *Refusal) { meanwhile(); return aToken("b", "s"), nil })
			_, err := d.Token(t.Context(), testKey, Query{}, Renewal{Client: func() string { return "" }, Grant: grant})
			return err
		},
		"exchange": func(d *Dir, meanwhile func()) error {
			r := giving(aToken("b", "s"), new(int))
			refresh := r.Refresh
			r.Refresh = func(ctx context.Context, old Token, a Attempt) (Token, *Refusal) {
				meanwhile()
				return refresh(ctx, old, a)
			}
			_, err := d.Exchange(t.Context(), testKey, text("given"), r)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			const otherKey = Key("fedcba9876543210fedcba9876543210")
			dir, s, _ := sealedFolder(t)
			dir.sys.Keys = asked(dir.sys.Keys, func(what, id string) {
				if f, _ := dir.formOf(dir.file(dir.name(testKey), ".json")); what == "keep" && f.key == id {
					t.Error("the file was written before its key, and a kill between the two would have lost it")
				}
			})
			login := grantOf(func() (Token, *Refusal) { return aToken("o", "o"), nil })
			if _, err := dir.Login(t.Context(), otherKey, login); err != nil {
				t.Fatal(err)
			}
			err := store(dir.again(t), func() {
				revoke := func(context.Context, secret.Text, time.Duration) error { return nil }
				if err := dir.again(t).Logout(t.Context(), otherKey, revoke); err != nil || len(s.keys) != 0 {
					t.Errorf("logout: %v, %d keys", err, len(s.keys))
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := dir.again(t).Token(t.Context(), testKey, Query{}, Renewal{}); err != nil || got.Token.Access != text("b") {
				t.Errorf("another process: %v", err)
			}
			if len(s.keys) != 1 || s.keys[dir.readSealing().Key] == nil {
				t.Errorf("%d keys, and seal.json names %q", len(s.keys), dir.readSealing().Key)
			}
		})
	}
}

// asked are stores that tell before they are asked something: "key", "keep" or "forget".
func asked(stores func(string) KeyStore, tell func(what, id string)) func(string) KeyStore {
	return func(name string) KeyStore {
		if s := stores(name); s != nil {
			return askedStore{s, tell}
		}
		return nil
	}
}

type askedStore struct {
	KeyStore
	tell func(what, id string)
}

func (a askedStore) Key(id string) ([]byte, error) { a.tell("key", id); return a.KeyStore.Key(id) }
func (a askedStore) Keep(id string, key []byte) error {
	a.tell("keep", id)
	return a.KeyStore.Keep(id, key)
}
func (a askedStore) Forget(id string) error { a.tell("forget", id); return a.KeyStore.Forget(id) }

// Who has read a file that is written in another form at that moment, and whose key is deleted with it, reads the new one.
func TestAReaderSeesTheNewForm(t *testing.T) {
	for _, to := range []string{"", "keyring"} {
		dir, s, _ := sealedLogin(t)
		stores := map[string]*shelf{"kernel": s, "keyring": {}}
		dir.sys.Keys = func(name string) KeyStore {
			if s := stores[name]; s != nil {
				return s
			}
			return nil
		}
		reader := dir.again(t)
		moved := false
		reader.sys.Keys = asked(dir.sys.Keys, func(what, _ string) {
			if moved {
				return
			}
			moved = true
			other := dir.again(t)
			other.sys.Seal = to
			if changed, err := other.Reseal(t.Context(), testKey); err != nil || !changed || len(s.keys) != 0 {
				t.Errorf("seal: %v, %v, %d keys", changed, err, len(s.keys))
			}
		})
		if got, err := reader.Token(t.Context(), testKey, Query{}, Renewal{}); err != nil || got.Token.Access != text("a-secret-access") || !moved {
			t.Errorf("to %q: %v", to, err)
		}
	}
}

// A login that no key can be had for leaves nothing in a store, nor a list of keys that grows.
func TestAKeyThatCantBeStoredIsForgotten(t *testing.T) {
	dir, s, _ := sealedFolder(t)
	stores := dir.sys.Keys
	for _, wrong := range []bool{false, true} {
		if dir.sys.Keys = stores; wrong { // it gives another key back
			dir.sys.Keys = asked(stores, func(what, id string) {
				if s.keys[id] != nil && what == "key" {
					s.keys[id][0] ^= 1
				}
			})
		} else {
			s.full = errors.New("quota")
		}
		for range 3 {
			_, err := dir.again(t).Login(t.Context(), testKey, grantOf(func() (Token, *Refusal) { t.Error("asked"); return Token{}, nil }))
			if !isSealed(err) {
				t.Errorf("got %v", err)
			}
		}
		s.full = nil
		if len(s.keys) != 0 || len(dir.madeKeys()) != 0 || dir.exists("seal", ".json") {
			t.Errorf("wrong %v: %d keys, %d in the list", wrong, len(s.keys), len(dir.madeKeys()))
		}
	}
}

// Who logs out in a container doesn't reach the key outside of it. The next one there deletes it.
func TestAKeyOutsideOfAContainerStaysListed(t *testing.T) {
	dir, s, _ := sealedLogin(t)
	revoke := func(context.Context, secret.Text, time.Duration) error { return nil }
	inside := dir.again(t)
	inside.sys.UserNamespace = func() string { return "user:[1]" }
	inside.sys.Keys = func(string) KeyStore { return &shelf{} }
	if err := inside.Logout(t.Context(), testKey, revoke); !isSealed(err) || dir.exists("seal", ".json") {
		t.Errorf("in the container: %v", err)
	}
	if len(s.keys) != 1 || len(dir.madeKeys()) != 1 {
		t.Errorf("%d keys, %d in the list", len(s.keys), len(dir.madeKeys()))
	}
	if err := dir.again(t).Logout(t.Context(), testKey, revoke); err != nil || len(s.keys) != 0 || len(dir.madeKeys()) != 0 {
		t.Errorf("outside: %v, %d keys, %d in the list", err, len(s.keys), len(dir.madeKeys()))
	}
}

// A key is in its store as long as a file of the folder needs it, and no longer, whatever the folder is called.
func TestAKeyGoesWithItsLastFile(t *testing.T) {
	const otherKey = Key("fedcba9876543210fedcba9876543210")
	dir, _ := clocked(t)
	odd := filepath.Join(filepath.Dir(dir.path), "a[b]*")
	if err := os.MkdirAll(odd, 0o700); err != nil {
		t.Fatal(err)
	}
	dir.path = odd
	shelves := map[string]*shelf{"kernel": {}, "keyring": {}}
	dir.sys.Keys = func(name string) KeyStore {
		if s := shelves[name]; s != nil {
			return s
		}
		return nil
	}
	login := func(key Key) {
		t.Helper()
		if _, err := dir.again(t).Login(t.Context(), key, grantOf(func() (Token, *Refusal) { return aToken("a", "r"), nil })); err != nil {
			t.Fatal(err)
		}
	}
	reseal := func(key Key) {
		t.Helper()
		if _, err := dir.again(t).Reseal(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	keys := func(kernel, keyring int) {
		t.Helper()
		if a, b := len(shelves["kernel"].keys), len(shelves["keyring"].keys); a != kernel || b != keyring {
			t.Errorf("the kernel has %d keys, the keyring %d; want %d and %d", a, b, kernel, keyring)
		}
		for _, key := range []Key{testKey, otherKey} {
			if _, err := dir.again(t).Token(t.Context(), key, Query{}, Renewal{}); err != nil {
				t.Error(err)
			}
		}
	}
	dir.sys.Seal = "kernel"
	login(testKey)
	login(otherKey)
	keys(1, 0)
	dir.sys.Seal = "keyring"
	reseal(testKey)
	keys(1, 1)
	login(otherKey)
	keys(0, 1)
	dir.sys.Seal = ""
	login(testKey)
	keys(0, 1)
	reseal(otherKey)
	keys(0, 0)
	if dir.exists("seal", ".json") {
		t.Error("seal.json is left")
	}
	dir.sys.Seal = "kernel"
	reseal(testKey)
	dir.sys.Seal = "keyring"
	reseal(otherKey)
	keys(1, 1)
	revoke := func(context.Context, secret.Text, time.Duration) error { return nil }
	if err := dir.again(t).Logout(t.Context(), testKey, revoke); err != nil {
		t.Error(err)
	}
	login(testKey)
	keys(0, 1)
}
