package keyring

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
	"golang.org/x/sys/unix"
)

// kernelRoom is a room with seal = "kernel" and no bus.
func kernelRoom(t *testing.T, kind machine.Kind) *room {
	t.Helper()
	needKeyctl(t)
	r := &room{TB: t, Machine: machine.New(t, program, idcstest.Start(t, idcstest.Options{}), kind)}
	r.Profile.Top = "seal = \"kernel\"\n"
	r.Configure()
	t.Cleanup(r.forgetCopy)
	return r
}

// Where keyctl is denied the tokens are locked, never lost, and no login begins that couldn't be stored.
func TestTheKernelDenies(t *testing.T) {
	const why = "keyctl is not permitted here (a container?)"
	r := kernelRoom(t, machine.Alone)
	r.wants(r.Do(withoutKeyctl(t, r.LoginCall())), 5, "the tokens are to be sealed and no key can be had: "+why)
	r.wants(r.Do(withoutKeyctl(t, machine.Token)), 4, "the tokens are to be sealed and no key can be had: "+why)
	if n := r.Domain.Counts().Requests; n != 0 {
		t.Errorf("%d requests", n)
	}
	r.logIn()
	files, requests := r.digest(), r.Domain.Counts().Requests
	for _, c := range machine.Mixed(4) {
		got := r.Do(withoutKeyctl(t, c))
		if got.Exit != got.Status(4) || !strings.Contains(got.Stderr+got.Stdout, "the stored tokens are sealed and their key can't be had: "+why) {
			t.Errorf("%s", got)
		}
	}
	r.wants(r.Do(withoutKeyctl(t, machine.Call{Name: machine.People, Args: []string{"seal"}})), 4, why)
	r.wants(r.Do(withoutKeyctl(t, machine.Call{Name: machine.People, Args: []string{"unlock"}})), 4, why)
	if got := r.Do(withoutKeyctl(t, machine.Status)); !strings.Contains(got.Stdout, `"state": "locked"`) {
		t.Errorf("%s", got)
	}
	if r.digest() != files || r.Domain.Counts().Requests != requests {
		t.Error("a file has changed, or something was sent")
	}
	r.served(r.Do(machine.Git))
}

// H4: Where the kernel has the key, and not for this process, it isn't lost.
func TestTheKernelHasTheKeyForOthers(t *testing.T) {
	r := kernelRoom(t, machine.Alone)
	r.logIn()
	serial, err := unix.KeyctlSearch(unix.KEY_SPEC_USER_KEYRING, "user", "credential-idcs:"+r.keyID(), 0)
	if err != nil {
		t.Fatal(err)
	}
	files, requests := r.digest(), r.Domain.Counts().Requests
	locked := func(why string, alter func(machine.Call) machine.Call) {
		t.Helper()
		for _, c := range machine.Mixed(4) {
			got := r.Do(alter(c))
			if got.Exit != got.Status(4) || !strings.Contains(got.Stderr+got.Stdout, why) || c.Name == machine.Git.Name && got.Stdout != "quit=1\n" {
				t.Errorf("%s, stdout %q; want %q", got, got.Stdout, why)
			}
		}
	}
	locked("keyctl is not permitted here (a container?)", func(c machine.Call) machine.Call { return withoutKeyctl(t, c).With(denied + "=ENOSYS") })
	if exec.Command("unshare", "-Ur", "true").Run() == nil {
		locked("they were sealed outside of this container", func(c machine.Call) machine.Call { return c.Under("unshare", "-Ur") })
	}
	// Only who has it in a keyring of its own may read it: a session of its own isn't linked to the user's.
	session := func(c machine.Call) machine.Call { return c.Under(need.Tool(t, "keyctl"), "session", "-") }
	r.served(r.Do(session(machine.Git)))
	if err := unix.KeyctlSetperm(serial, 0x3f010000); err != nil {
		t.Fatal(err)
	}
	locked("keyctl is not permitted here (a container?)", session)
	if r.digest() != files || r.Domain.Counts().Requests != requests {
		t.Error("a file has changed, or something was sent")
	}
	r.served(r.Do(machine.Git))
}

// Revoked, expired or cleared, the key is gone: a person logs in, and nobody else has to.
func TestTheKernelsKeyIsGone(t *testing.T) {
	serial := func(r *room) int {
		id, err := unix.KeyctlSearch(unix.KEY_SPEC_USER_KEYRING, "user", "credential-idcs:"+r.keyID(), 0)
		if err != nil {
			r.Fatal(err)
		}
		return id
	}
	for name, take := range map[string]func(r *room){
		"revoked": func(r *room) {
			if _, err := unix.KeyctlInt(unix.KEYCTL_REVOKE, serial(r), 0, 0, 0); err != nil {
				r.Fatal(err)
			}
		},
		"expired": func(r *room) {
			id := serial(r)
			if _, err := unix.KeyctlInt(unix.KEYCTL_SET_TIMEOUT, id, 1, 0, 0); err != nil {
				r.Fatal(err)
			}
			for b := make([]byte, 64); ; { // the kernel counts whole seconds
				if _, err := unix.KeyctlBuffer(unix.KEYCTL_READ, id, b, 0); errors.Is(err, unix.EKEYEXPIRED) || errors.Is(err, unix.ENOKEY) {
					return
				}
			}
		},
		"cleared": (*room).forgetCopy,
	} {
		t.Run(name, func(t *testing.T) {
			r := kernelRoom(t, machine.Person)
			r.logIn()
			take(r)
			files := r.digest()
			r.wants(r.Do(machine.Token), 3, "the kernel has no such key any more\n\tcredential-idcs login work\n")
			if got := r.Do(machine.Git); got.Exit != got.Status(3) {
				t.Errorf("%s", got)
			}
			if r.digest() != files {
				t.Error("a file has changed")
			}
			r.logIn()
			r.served(r.Do(machine.Git))

			r = kernelRoom(t, machine.Alone)
			r.logIn()
			take(r)
			grants := r.Domain.Posts(idcstest.Assertion)
			for range 2 {
				r.served(r.Do(machine.Git))
			}
			if n := r.Domain.Posts(idcstest.Assertion) - grants; n != 1 {
				t.Errorf("%d grants", n)
			}
			r.opaque()
		})
	}
}

// seal_timeout begins anew with each use, and ends the login of who stays away.
func TestSealTimeout(t *testing.T) {
	r := kernelRoom(t, machine.Person)
	r.Profile.Top = "seal = \"kernel\"\nseal_timeout = \"1h\"\n"
	r.Configure()
	r.logIn()
	id, err := unix.KeyctlSearch(unix.KEY_SPEC_USER_KEYRING, "user", "credential-idcs:"+r.keyID(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := unix.KeyctlInt(unix.KEYCTL_SET_TIMEOUT, id, 60, 0, 0); err != nil { // 59 minutes are over
		t.Fatal(err)
	}
	r.served(r.Do(machine.Git))
	b, err := os.ReadFile("/proc/keys")
	if err != nil {
		t.Skip(err)
	}
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, fmt.Sprintf("%08x ", id)) {
			if fields := strings.Fields(line); fields[3] != "59m" && fields[3] != "60m" && fields[3] != "1h" {
				t.Errorf("the key lives %s more", fields[3])
			}
			return
		}
	}
	t.Error("the key isn't in /proc/keys")
}
