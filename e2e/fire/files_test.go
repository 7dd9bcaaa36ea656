//go:build linux

package fire

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// A2.8: A token file that isn't whole is kept aside, bytes and all, and never sent. Every mutation is tried
// in process by package cache; these are the kinds.
func TestDamagedTokenFile(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"empty":      func([]byte) []byte { return nil },
		"cut":        func(b []byte) []byte { return b[:len(b)/2] },
		"last byte":  func(b []byte) []byte { return b[:len(b)-1] },
		"flipped":    func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
		"zeros":      func(b []byte) []byte { return make([]byte, len(b)) },
		"doubled":    func(b []byte) []byte { return append(b, b...) },
		"other JSON": func([]byte) []byte { return []byte(`{"access_token":"eyJ"}`) },
	} {
		t.Run(name, func(t *testing.T) {
			s := set(t, machine.Person, idcstest.Options{})
			b, err := os.ReadFile(s.File(".json"))
			if err != nil {
				t.Fatal(err)
			}
			damaged := damage(b)
			if err := os.WriteFile(s.File(".json"), damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			s.failed(3, "login needed, the token file was damaged and is kept as ", s.Do(machine.Token))
			s.posts(0)
			aside, _ := filepath.Glob(s.File(".bad-*"))
			if len(aside) != 1 {
				t.Fatalf("kept aside: %v", aside)
			}
			if kept, err := os.ReadFile(aside[0]); err != nil || !bytes.Equal(kept, damaged) {
				t.Errorf("what is kept isn't what was there: %v", err)
			}
			s.Login()
			s.Chain()
		})
	}
	t.Run("2 GiB with holes", func(t *testing.T) {
		s := set(t, machine.Alone, idcstest.Options{})
		if err := os.Truncate(s.File(".json"), 2<<30); err != nil {
			t.Fatal(err)
		}
		r := s.Do(machine.Token)
		s.served(r) // by a grant of its own
		s.small(r.MaxRSS)
		s.Chain()
	})
}

// Any bit of it, and any length: package cache tries them all in process, these are some as real ones.
func TestAnyDamage(t *testing.T) {
	s := set(t, machine.Person, idcstest.Options{})
	whole, err := os.ReadFile(s.File(".json"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range repeat(t, 20) {
		damaged := bytes.Clone(whole)
		if at := rand.IntN(len(whole)); i%2 == 0 {
			damaged = damaged[:at]
		} else {
			damaged[at] ^= 1 << rand.IntN(8)
		}
		if err := os.WriteFile(s.File(".json"), damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		call := machine.Mixed(4)[i%4]
		r := s.Do(call)
		if bytes.HasPrefix(damaged, []byte(`{"version":`)) && strings.Contains(r.Stderr, "newer") {
			continue // one bit makes version 1 a version 3, 5 or 9: that file is left as it is
		}
		s.failed(3, "the token file was damaged", r)
		aside, _ := filepath.Glob(s.File(".bad-*"))
		kept := false
		for _, name := range aside {
			b, err := os.ReadFile(name)
			kept = kept || err == nil && bytes.Equal(b, damaged)
		}
		if !kept || len(aside) > 3 {
			t.Fatalf("%d bytes of %d weren't kept aside: %v", len(damaged), len(whole), aside)
		}
	}
	s.posts(0)
	s.Login() // the bytes of before in another file would be a copy, which spends nothing
	s.Chain()
}

// A2.8c: What isn't ours is left as it is: nothing hangs on it, nothing replaces it.
func TestStrangeTokenFile(t *testing.T) {
	for name, make := range map[string]func(path string) error{
		"folder": func(p string) error { return os.Mkdir(p, 0o700) },
		"fifo":   func(p string) error { return syscall.Mkfifo(p, 0o600) },
		"link":   func(p string) error { return os.Symlink("/etc/hostname", p) },
		"device": func(p string) error { return os.Symlink("/dev/zero", p) },
		"socket": func(p string) error {
			// A socket's path is short; it is made elsewhere and moved.
			short := filepath.Join(os.TempDir(), fmt.Sprintf("fire%d", os.Getpid()))
			l, err := net.ListenUnix("unix", &net.UnixAddr{Name: short, Net: "unix"})
			if err != nil {
				return err
			}
			l.SetUnlinkOnClose(false)
			defer l.Close()
			return os.Rename(short, p)
		},
		"newer": func(p string) error {
			return os.WriteFile(p, []byte(`{"version":2,"everything":"else"}`+"\n"), 0o600)
		},
		"open to others": func(p string) error {
			return os.WriteFile(p, []byte("{}"), 0o644)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := set(t, machine.Person, idcstest.Options{})
			if err := os.Remove(s.File(".json")); err != nil {
				t.Fatal(err)
			}
			if err := make(s.File(".json")); err != nil {
				t.Fatal(err)
			}
			before := s.snapshot()
			for _, call := range machine.Mixed(4) {
				r := s.Do(call)
				if r.Exit != 1 || r.Secret() != "" {
					t.Errorf("%s; want exit 1", r)
				}
				if name == "newer" && !strings.Contains(r.Stderr, "written by a newer credential-idcs") {
					t.Errorf("%s", r)
				}
			}
			if after := s.snapshot(); after != before {
				t.Errorf("files changed:\n%s\n%s", before, after)
			}
			s.posts(0)
		})
	}
}

// The other files may be anything: a state that can't be read counts as empty, and what lies in the
// way of the new file is said.
func TestStrangeOtherFiles(t *testing.T) {
	t.Run("state", func(t *testing.T) {
		for _, content := range []string{"", "rubbish", strings.Repeat("x", 1<<20)} {
			s := expired(t, machine.Person, idcstest.Options{})
			if err := os.WriteFile(s.File(".state"), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			s.served(s.Do(machine.Git))
			s.posts(1)
			s.Chain()
		}
	})
	t.Run("fifo as state", func(t *testing.T) {
		s := expired(t, machine.Person, idcstest.Options{})
		if err := os.Remove(s.File(".state")); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(s.File(".state"), 0o600); err != nil {
			t.Fatal(err)
		}
		s.failed(1, s.Cache, s.Do(machine.Git)) // without an intent nothing is sent
		s.posts(0)
	})
	t.Run("folder as new", func(t *testing.T) {
		s := expired(t, machine.Person, idcstest.Options{})
		if err := os.MkdirAll(filepath.Join(s.File(".new"), "deep"), 0o700); err != nil {
			t.Fatal(err)
		}
		s.failed(1, s.Cache, s.Do(machine.Git))
		s.posts(0)
	})
	t.Run("left-over new", func(t *testing.T) {
		s := expired(t, machine.Person, idcstest.Options{})
		if err := os.WriteFile(s.File(".new"), []byte("rubbish"), 0o600); err != nil {
			t.Fatal(err)
		}
		s.served(s.Do(machine.Git))
		s.posts(1)
		s.Chain()
		s.Litter()
	})
}

// A5.3: A folder that others could change is refused with the command that mends it.
func TestOpenFolder(t *testing.T) {
	for _, mode := range []uint32{0o777, 0o770, 0o1777, 0o722} {
		t.Run(fmt.Sprintf("%#o", mode), func(t *testing.T) {
			s := set(t, machine.Person, idcstest.Options{})
			if err := syscall.Chmod(s.Cache, mode); err != nil {
				t.Fatal(err)
			}
			s.failed(1, "\n\tchmod 700 "+s.Cache+"\n", s.Do(machine.Git))
			if err := os.Chmod(s.Cache, 0o700); err != nil { // what it says mends it
				t.Fatal(err)
			}
			s.served(s.Do(machine.Git))
			s.posts(0)
		})
	}
	t.Run("another's", func(t *testing.T) {
		if os.Geteuid() != 0 {
			t.Skip("only root can give a folder away")
		}
		s := set(t, machine.Person, idcstest.Options{})
		if err := os.Chmod(filepath.Dir(s.Home), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(s.Home, 0o755); err != nil {
			t.Fatal(err)
		}
		// Of two users, neither is root: that one's folder in a home that is ours.
		for _, path := range []string{s.Home, filepath.Join(s.Home, ".cache"), filepath.Join(s.Home, ".config"),
			filepath.Join(s.Home, ".config/credential-idcs"), filepath.Join(s.Home, ".config/credential-idcs/config.toml"),
			filepath.Join(s.Home, ".config/credential-idcs/client.secret")} {
			if err := os.Chown(path, 12345, 12345); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chown(s.Cache, 54321, 54321); err != nil {
			t.Fatal(err)
		}
		r := s.Do(machine.Git.Under(need.Tool(t, "setpriv"), "--reuid=12345", "--regid=12345", "--clear-groups"))
		s.failed(1, "", r)
		if !strings.Contains(r.Stderr, s.Cache) {
			t.Errorf("%s", r)
		}
		s.posts(0)
	})
}
