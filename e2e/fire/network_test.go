//go:build linux

package fire

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// fuse mounts a folder elsewhere through FUSE, and takes it away at the end of the test.
func fuse(t *testing.T, folder string) string {
	t.Helper()
	need.Tool(t, "bindfs")
	if f, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0); err != nil {
		t.Skipf("no FUSE on this machine: %v", err)
	} else {
		_ = f.Close()
	}
	at := t.TempDir()
	mount := exec.Command("bindfs", "-f", "--no-allow-other", folder, at)
	if err := mount.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// At its end it unmounts by itself, which an ordinary user can't.
		_ = mount.Process.Signal(syscall.SIGTERM)
		_ = mount.Wait()
		_ = syscall.Unmount(at, syscall.MNT_DETACH)
	})
	const fuseMagic = 0x65735546
	var st syscall.Statfs_t
	for range 1000 {
		if err := syscall.Statfs(at, &st); err == nil && st.Type == fuseMagic {
			return at
		}
		time.Sleep(10 * time.Millisecond) // there is no event for a mount by another process
	}
	t.Fatalf("%v doesn't mount", mount)
	return ""
}

// asMachine runs a call on a machine with another id.
func asMachine(t *testing.T, c machine.Call, id string) machine.Call {
	t.Helper()
	file := filepath.Join(t.TempDir(), "machine-id")
	if err := os.WriteFile(file, []byte(id+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return c.Under("unshare", "-rm", "/bin/sh", "-c", `mount --bind "$0" /etc/machine-id && exec "$@"`, file)
}

// A folder on a file server, seen by two machines whose locks don't reach each other: FUSE keeps
// flock(2) to itself. Each machine has a login and a token family of its own, and neither ever sends
// the other's refresh token. doctor says that it is so.
func TestTwoMachinesOneNetworkFolder(t *testing.T) {
	userNamespace(t)
	if _, err := os.Stat("/etc/machine-id"); err != nil {
		t.Skip("this machine has no /etc/machine-id to hide")
	}
	s := set(t, machine.Alone, idcstest.Options{Rotation: idcstest.StrictRevoke})
	server := t.TempDir()
	ids := []string{"11111111111111111111111111111111", "22222222222222222222222222222222"}
	crowds := make([][]machine.Call, len(ids))
	for i, id := range ids {
		folder := filepath.Join(fuse(t, server), "cache")
		for _, c := range machine.Mixed(16) {
			crowds[i] = append(crowds[i], asMachine(t, c.With("CREDENTIAL_IDCS_CACHE_DIR="+folder), id))
		}
	}
	both := func() {
		results := make([][]machine.Result, len(ids))
		var wait sync.WaitGroup
		for i := range ids {
			wait.Go(func() { results[i] = s.Crowd(crowds[i]...) })
		}
		wait.Wait()
		if first, second := s.served(results[0]...), s.served(results[1]...); first == second {
			t.Errorf("both machines have the same token")
		}
	}
	both()
	s.grants(idcstest.Assertion, 2)
	s.posts(0)
	files, _ := filepath.Glob(filepath.Join(server, "cache", "*.json"))
	if len(files) != 2 {
		t.Fatalf("token files: %v", files)
	}
	s.again()
	s.Cache = filepath.Join(server, "cache")
	for range 2 { // expired on both
		for _, file := range files {
			s.ageFile(file)
		}
		both()
	}
	s.posts(4)
	s.grants(idcstest.Assertion, 0)

	doctor := machine.Call{Name: machine.People, Args: []string{"doctor", "work"}, Env: crowds[0][0].Env, Wrap: crowds[0][0].Wrap}
	if r := s.Do(doctor); strings.Count(r.Stdout+r.Stderr, "other machines") != 1 {
		t.Errorf("doctor says %q, %q", r.Stdout, r.Stderr)
	}
}

// ageFile makes the token in a file an hour and a minute older.
func (s *scene) ageFile(json string) {
	s.Helper()
	// Machine's own methods know one key; a folder with that key alone is what they are shown.
	alone := s.TempDir()
	name := filepath.Join(alone, filepath.Base(json))
	if err := os.Rename(json, name); err != nil {
		s.Fatal(err)
	}
	if err := os.WriteFile(strings.TrimSuffix(name, ".json")+".lock", nil, 0o600); err != nil {
		s.Fatal(err)
	}
	cache := s.Cache
	s.Cache = alone
	s.Expire()
	s.Cache = cache
	if err := os.Rename(name, json); err != nil {
		s.Fatal(err)
	}
}

// One machine alone on such a folder does as on any other: one refresh for a crowd.
func TestCrowdOnANetworkFolder(t *testing.T) {
	s := set(t, machine.Person, idcstest.Options{})
	folder := filepath.Join(fuse(t, t.TempDir()), "cache")
	s.Env = append(s.Env, "CREDENTIAL_IDCS_CACHE_DIR="+folder)
	s.Cache = folder
	s.Login()
	for range repeat(t, 2) {
		s.Expire()
		s.again()
		s.served(s.Crowd(machine.Mixed(32)...)...)
		s.posts(1)
	}
	s.Chain()
	s.Litter()
}
