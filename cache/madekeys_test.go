//go:build unix

package cache

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// A deadlyStore kills its process at a step: before or after a question to the store.
type deadlyStore struct {
	KeyStore
	steps *int
}

// deadly are the stores of a process that is killed at the n-th step.
func deadly(stores func(string) KeyStore, n int) func(string) KeyStore {
	return func(name string) KeyStore {
		if s := stores(name); s != nil {
			return deadlyStore{s, &n}
		}
		return nil
	}
}

func (d deadlyStore) step() {
	if *d.steps--; *d.steps == 0 {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}

func (d deadlyStore) Key(id string) ([]byte, error) {
	d.step()
	defer d.step()
	return d.KeyStore.Key(id)
}

func (d deadlyStore) Ready() error { return d.KeyStore.Ready() }

func (d deadlyStore) Keep(id string, key []byte) error {
	d.step()
	defer d.step()
	return d.KeyStore.Keep(id, key)
}

func (d deadlyStore) Forget(id string) error {
	d.step()
	defer d.step()
	return d.KeyStore.Forget(id)
}

// keysIn are how many keys the stores of a folder have, without the copies.
func keysIn(t *testing.T, dir *Dir) (kernel, keyring int) {
	t.Helper()
	count := func(folder, of string) (n int) {
		files, err := filepath.Glob(filepath.Join(dir.path+".keys", folder, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			fi, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			other := filepath.Join(dir.path+".keys", of, filepath.Base(path))
			if _, copied := os.Stat(other); fi.Mode().IsRegular() && (of == "" || copied != nil) {
				n++
			}
		}
		return n
	}
	return count("", "store"), count("store", "")
}

// Wherever a process is killed that writes another form, logs out or makes the first key, the tokens can be read, and the
// next one that deletes keys leaves none that opens nothing.
func TestAKilledProcessLeavesNoKeyForLong(t *testing.T) {
	revoke := func(context.Context, secret.Text, time.Duration) error { return nil }
	for _, move := range []struct{ from, to, op, next string }{
		{"", "kernel", "seal", "seal"}, {"kernel", "keyring", "seal", "seal"}, {"kernel", "keyring", "seal", "logout"}, {"keyring", "", "seal", "seal"},
		{"kernel", "keyring", "login", "seal"}, {"keyring", "keyring", "logout", "logout"},
	} {
		t.Run(move.op+" "+move.from+" "+move.to+" "+move.next, func(t *testing.T) {
			dom := newDomain(t)
			for step, killed := 1, true; killed; step++ {
				dir := folder(t)
				if err := os.MkdirAll(filepath.Join(dir.path+".keys", "store"), 0o700); err != nil {
					t.Fatal(err)
				}
				dir.sys.Keys = shelvesOf(dir.path)
				dir.sys.Seal = move.from
				if _, err := dir.Login(t.Context(), testKey, grantOf(func() (Token, *Refusal) { return aToken("a", "r"), nil })); err != nil {
					t.Fatal(err)
				}
				p := job{Dir: dir.path, URL: dom.URL, Op: move.op, Key: testKey, Seal: move.to, Dies: step}.start(t).release()
				_, status := p.ends()
				if killed = status < 0; !killed && status != 0 {
					t.Fatalf("step %d: exit status %d", step, status)
				}
				dir.sys.Seal = move.to
				if _, err := dir.again(t).Token(t.Context(), testKey, Query{}, Renewal{}); err != nil && (move.op != "logout" || !errors.Is(err, ErrNothing)) {
					t.Fatalf("step %d: %v", step, err)
				}
				wantKernel, wantKeyring := 0, 0
				switch {
				case move.next == "logout":
					if err := dir.again(t).Logout(t.Context(), testKey, revoke); err != nil {
						t.Errorf("step %d: %v", step, err)
					}
					if dir.exists("seal", ".json") {
						t.Errorf("step %d: seal.json is left", step)
					}
				default:
					if _, err := dir.again(t).Reseal(t.Context(), testKey); err != nil {
						t.Errorf("step %d: %v", step, err)
					}
					if move.to == "kernel" {
						wantKernel = 1
					} else if move.to == "keyring" {
						wantKeyring = 1
					}
				}
				kernel, keyring := keysIn(t, dir)
				if kernel != wantKernel || keyring != wantKeyring {
					t.Errorf("step %d: %d keys in the kernel and %d in the keyring, want %d and %d", step, kernel, keyring, wantKernel, wantKeyring)
				}
				if step > 40 {
					t.Fatal("it never ends by itself")
				}
			}
		})
	}
}
