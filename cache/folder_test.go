//go:build unix

package cache

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Whatever the umask, and for somebody whom modes bind.
func TestModesDontDependOnTheUmask(t *testing.T) {
	for _, mask := range []string{"000", "022", "777"} {
		t.Run(mask, func(t *testing.T) {
			dom := newDomain(t)
			base := t.TempDir()
			wrap := []string{"/bin/sh", "-c", "umask " + mask + `; exec "$0"`}
			if os.Geteuid() == 0 { // root may open what it can't open
				if _, err := exec.LookPath("setpriv"); err != nil {
					if os.Getenv("CI") == "true" {
						t.Fatal("CI=true and setpriv is missing")
					}
					t.Skip("setpriv is missing")
				}
				for p := base; strings.HasPrefix(p, os.TempDir()+"/"); p = filepath.Dir(p) {
					if err := os.Chmod(p, 0o755); err != nil {
						t.Fatal(err)
					}
				}
				if err := os.Chown(base, 65534, 65534); err != nil {
					t.Fatal(err)
				}
				self, _ := os.Executable()
				for p := filepath.Dir(self); strings.HasPrefix(p, os.TempDir()+"/"); p = filepath.Dir(p) {
					_ = os.Chmod(p, 0o755)
				}
				wrap = append([]string{"setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"}, wrap...)
			}
			path := filepath.Join(base, "a", "b", "cache")
			j := job{Dir: path, URL: dom.URL, Op: "login", Key: testKey}
			if s := j.start(t, wrap...).release().says(); s.Error != "" {
				t.Fatalf("login: %s", s.Error)
			}
			j.Op, j.Query = "token", Query{Force: true}
			var crowd []*process
			for range 8 {
				crowd = append(crowd, j.start(t, wrap...))
			}
			for _, p := range crowd {
				p.release()
			}
			for _, p := range crowd {
				if s := p.says(); s.Error != "" {
					t.Errorf("refresh: %s", s.Error)
				}
			}
			dom.once()
			err := filepath.WalkDir(filepath.Join(base, "a"), func(p string, e fs.DirEntry, err error) error {
				if err != nil {
					return err
				}
				fi, err := e.Info()
				want := fs.FileMode(0o600)
				if e.IsDir() {
					want = 0o700
				}
				if err == nil && fi.Mode().Perm() != want {
					t.Errorf("%s has mode %v", p, fi.Mode())
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// S29.
func TestAFolderThatOthersCanChangeIsRefused(t *testing.T) {
	for _, mode := range []fs.FileMode{0o777, 0o770, 0o720, 0o702, 0o777 | fs.ModeSticky} {
		dir := folder(t)
		if err := os.Chmod(dir.path, mode); err != nil {
			t.Fatal(err)
		}
		_, err := Open(dir.path, NewSystem())
		if f, ok := errors.AsType[*FolderError](err); !ok || f.Mode != 0o700 || f.Path != dir.path {
			t.Errorf("mode %v: got %v", mode, err)
		}
	}
	// A parent in which others can rename is no reason to refuse, but to be told of: Kubernetes' emptyDir.
	for _, tt := range []struct {
		mode fs.FileMode
		ok   bool
	}{{0o777, false}, {0o777 | fs.ModeSticky, true}, {0o755, true}} {
		dir := folder(t)
		parent := filepath.Dir(dir.path)
		if err := os.Chmod(parent, tt.mode); err != nil {
			t.Fatal(err)
		}
		opened, err := Open(dir.path, NewSystem())
		if err != nil {
			t.Fatalf("parent's mode %v: got %v", tt.mode, err)
		}
		if err := opened.Surroundings(); (err == nil) != tt.ok {
			t.Errorf("parent's mode %v: got %v", tt.mode, err)
		}
	}
}

func TestAnotherUsersFolderIsRefusedAndOnlyReadByRoot(t *testing.T) {
	dir := folder(t)
	tok := plant(t, dir, "alive", "r", 50*time.Minute, time.Hour) // due
	sys := NewSystem()
	mine := sys.UID
	sys.UID = mine + 1
	if _, err := Open(dir.path, sys); mine+1 != 0 && err == nil {
		t.Error("another user's folder was accepted")
	}
	if mine == 0 {
		if err := os.Chown(dir.path, 12345, 12345); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(dir.file(dir.name(testKey), ".json"), 12345, 12345); err != nil {
			t.Fatal(err)
		}
		sys.UID = 0
	} else {
		sys.UID = 0 // we play root; the folder is another's then
	}
	d, err := Open(dir.path, sys)
	if err != nil {
		t.Fatal(err)
	}
	asked := func() (Token, *Refusal) { t.Error("asked the domain"); return Token{}, &Refusal{} }
	r := Renewal{Grant: grantOf(asked), Client: func() string { return "" }}
	before := listing(t, dir.path)
	got, err := d.Token(t.Context(), testKey, Query{}, r)
	if err != nil || got.Token.Access != tok.Access {
		t.Errorf("a live token: %v", err)
	}
	if _, err := d.Token(t.Context(), testKey, Query{Force: true}, r); err == nil {
		t.Error("forced a refresh")
	}
	if _, err := d.Login(t.Context(), testKey, grantOf(asked)); err == nil {
		t.Error("logged in")
	}
	if err := d.Logout(t.Context(), testKey, nil); err == nil {
		t.Error("logged out")
	}
	if err := d.Drop(t.Context(), testKey, tok.Access); err != nil {
		t.Errorf("drop: %v", err)
	}
	if after := listing(t, dir.path); after != before {
		t.Errorf("the folder changed: %s, then %s", before, after)
	}
}
