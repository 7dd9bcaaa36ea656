//go:build linux

package fire

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// entries is what lies in a folder.
func entries(t *testing.T, dir string) string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range list {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

// A5.1: Without a home there is no place for a token: not "/", not the working directory. Where HOME isn't set at
// all the password file has one; see paths.txtar.
func TestNoHome(t *testing.T) {
	for _, home := range []string{"HOME=relative", "HOME=~"} {
		t.Run(home, func(t *testing.T) {
			s := set(t, machine.Person, idcstest.Options{})
			here := t.TempDir()
			root := entries(t, "/")
			s.Env = []string{"PATH=" + os.Getenv("PATH")}
			if home != "" {
				s.Env = append(s.Env, home)
			}
			for _, call := range append(machine.Mixed(4), machine.Status, machine.Refresh) {
				call.Dir = here
				if r := s.Do(call); r.Exit != r.Status(5) || !strings.Contains(r.Stderr, "HOME") {
					t.Errorf("%s; want exit 5 and HOME", r)
				}
			}
			if got := entries(t, here); got != "" {
				t.Errorf("made here: %s", got)
			}
			if got := entries(t, "/"); got != root {
				t.Errorf("made in /: %s", got)
			}
			s.posts(0)
		})
	}
}

// A5.2: Odd values of the variables that choose folders.
func TestOddFolders(t *testing.T) {
	for _, value := range []string{"", ".", "..", "relative", "./x", "x/y", "~", " ", "$HOME/.cache", "file:///tmp"} {
		t.Run("relative "+value, func(t *testing.T) {
			s := set(t, machine.Person, idcstest.Options{})
			for _, call := range machine.Mixed(3) {
				call.Dir = t.TempDir()
				r := s.Do(call.With("XDG_CACHE_HOME=" + value))
				if r.Exit == 0 && r.Secret() == "" { // ignored, so the usual folder, or refused; nothing else
					t.Errorf("%s", r)
				}
				if got := entries(t, call.Dir); got != "" {
					t.Errorf("made here: %s", got)
				}
			}
			s.posts(0)
		})
	}
	t.Run("relative is ignored", func(t *testing.T) {
		s := set(t, machine.Person, idcstest.Options{})
		r := s.Do(machine.Git.With("XDG_CACHE_HOME=relative"))
		s.served(r)
		if !strings.Contains(r.Stderr, "XDG_CACHE_HOME is ignored") {
			t.Errorf("no warning: %s", r)
		}
		if r := s.Do(machine.Kubectl.With("XDG_CACHE_HOME=relative")); r.Exit != 0 || r.Stderr != "" {
			t.Errorf("kubectl shows stderr in its own screen: %s", r)
		}
	})
	t.Run("a file", func(t *testing.T) {
		s := set(t, machine.Alone, idcstest.Options{})
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		s.failed(1, file, s.Do(machine.Git.With("XDG_CACHE_HOME="+file)))
		s.failed(1, file, s.Do(machine.Git.With("CREDENTIAL_IDCS_CACHE_DIR="+file)))
		if b, err := os.ReadFile(file); err != nil || string(b) != "x" {
			t.Errorf("the file changed: %q, %v", b, err)
		}
		s.grants(idcstest.Assertion, 0)
	})
	t.Run("absent", func(t *testing.T) {
		s := set(t, machine.Alone, idcstest.Options{})
		dir := filepath.Join(t.TempDir(), "a", "b")
		for _, umask := range []string{"000", "777"} {
			in := dir + umask
			s.served(s.Do(machine.Git.With("XDG_CACHE_HOME="+in).Under("/bin/sh", "-c", "umask "+umask+`; exec "$0" "$@"`)))
			for path, mode := range map[string]os.FileMode{in: 0o700, filepath.Join(in, "credential-idcs"): 0o700} {
				if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != mode {
					t.Errorf("umask %s, %s: mode %v, want %v, %v", umask, path, fi.Mode(), mode, err)
				}
			}
			files, _ := filepath.Glob(filepath.Join(in, "credential-idcs", "*"))
			if len(files) < 3 {
				t.Errorf("only %v", files)
			}
			for _, path := range files {
				if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != 0o600 {
					t.Errorf("umask %s, %s: mode %v, %v", umask, path, fi.Mode(), err)
				}
			}
		}
		s.grants(idcstest.Assertion, 2)
	})
}

// A5.6: No keyring is asked, so a dead one makes no difference.
func TestDeadKeyring(t *testing.T) {
	s := expired(t, machine.Person, idcstest.Options{})
	hangs, err := net.Listen("unix", filepath.Join(s.Home, "bus")) // nobody answers
	if err != nil {
		t.Fatal(err)
	}
	defer hangs.Close()
	dead := "DBUS_SESSION_BUS_ADDRESS=unix:path=" + hangs.Addr().String()
	for i, call := range machine.Mixed(4) {
		if i%2 == 0 {
			s.Expire()
		}
		s.served(s.Do(call.With(dead)))
	}
	s.posts(2)
	s.Chain()
}
