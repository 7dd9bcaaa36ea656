package keyring

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"golang.org/x/sys/unix"
)

// Ordinary users of this machine, whom nobody else is.
const ana, bob = 47123, 47124

// as is a call by another user.
func as(c machine.Call, uid uint32) machine.Call {
	c.Alter = func(cmd *exec.Cmd) {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uid, Gid: uid}
	}
	return c
}

// give makes the home another user's.
func (r *room) give(uid int) {
	r.Helper()
	if os.Geteuid() != 0 {
		r.Skip("needs root, to be another user")
	}
	err := filepath.WalkDir(r.Home, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, uid, uid)
	})
	if err != nil {
		r.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		r.Fatal(err)
	}
	for _, path := range []string{r.Home, string(program), self, r.Profile.CAFile} {
		for path = filepath.Dir(path); strings.HasPrefix(path, os.TempDir()+"/"); path = filepath.Dir(path) {
			if err := os.Chmod(path, 0o711); err != nil {
				r.Fatal(err)
			}
		}
	}
	for _, path := range []string{string(program), r.Profile.CAFile} {
		if err := os.Chmod(path, 0o755); err != nil {
			r.Fatal(err)
		}
	}
}

// An ordinary user's key outlives all their processes, root serves nothing of it, and at the user's quota a login
// ends before it begins.
func TestTheKernelsKeyringOfAUser(t *testing.T) {
	r := kernelRoom(t, machine.Person)
	r.give(ana)
	r.wants(r.Do(as(r.LoginCall(), ana)), 0, "logged in")
	t.Cleanup(func() { r.Do(as(machine.Logout, ana)) })
	for range 2 { // no process of ana's runs in between
		r.served(r.Do(as(machine.Git, ana)))
	}
	r.wants(r.Do(as(machine.Refresh, ana)), 0, "")
	files := r.digest()
	// Root trusts a configuration of its own only.
	if err := os.Chown(filepath.Join(r.Home, ".config/credential-idcs/config.toml"), 0, 0); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(r.Home, ".config/credential-idcs/config.toml"), 0o644); err != nil {
		t.Fatal(err)
	}
	r.wants(r.Do(machine.Token), 4, fmt.Sprintf("they are user %d's; run it without sudo", ana))
	if got := r.Do(as(machine.Token, bob)); got.Exit == 0 {
		t.Errorf("bob: %s", got)
	}
	if r.digest() != files {
		t.Error("a file has changed")
	}

	r = kernelRoom(t, machine.Person)
	r.give(bob)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	full := as(r.LoginCall(), bob).With(quota + "=1")
	full.Wrap = []string{self}
	requests := r.Domain.Counts().Requests
	r.wants(r.Do(full), 5, "no key can be had: the kernel's quota of keys for this user is used up (/proc/key-users)")
	if n := r.Domain.Counts().Requests; n != requests {
		t.Errorf("%d requests", n-requests)
	}
	for keysOf(t, bob) > 20 { // the kernel takes the keys of a process that has ended away when it has the time
		time.Sleep(10 * time.Millisecond)
	}
	r.wants(r.Do(as(r.LoginCall(), bob)), 0, "logged in")
	r.wants(r.Do(as(machine.Logout, bob)), 0, "")
}

// quota is the variable by which the test's own program fills its user's quota of keys, and then runs another one.
const quota = "KEYRING_TEST_QUOTA"

func fill(words []string) int {
	for i := 0; ; i++ {
		_, err := unix.AddKey("user", fmt.Sprint("credential-idcs test ", i), []byte("x"), unix.KEY_SPEC_PROCESS_KEYRING)
		if errors.Is(err, unix.EDQUOT) {
			break
		}
		if err != nil || i > 1000 {
			panic(fmt.Sprint(i, " keys: ", err))
		}
	}
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	_ = cmd.Run()
	return cmd.ProcessState.ExitCode()
}

// keysOf is how many keys count towards a user's quota (proc(5)).
func keysOf(t *testing.T, uid int) (n int) {
	t.Helper()
	b, err := os.ReadFile("/proc/key-users")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		var of, usage, keys, instantiated int
		if _, err := fmt.Sscanf(line, "%d: %d %d/%d %d/", &of, &usage, &keys, &instantiated, &n); err == nil && of == uid {
			return n
		}
	}
	return 0
}
