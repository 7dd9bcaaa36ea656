package cache

import (
	"context"
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
