package keyring

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/keyring"
	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// A day with an open keyring: one item in it, nothing in the clear on the disk, and the kernel's copy makes that a
// call asks nobody.
func TestAnOpenKeyring(t *testing.T) {
	needKeyctl(t)
	r := newRoom(t, machine.Person)
	gnome := r.bus.Gnome(true)
	r.logIn()
	if got := gnome.Items(); len(got) != 1 || got[0] != "credential-idcs:"+r.keyID() {
		t.Errorf("the keyring has %q", got)
	}
	if got := r.people("status", "--json"); !strings.Contains(got.Stdout, `"seal": "keyring"`) || !strings.Contains(got.Stdout, `"state": "fresh"`) {
		t.Errorf("%s", got)
	}
	watch := r.bus.Watch()
	for _, c := range machine.Mixed(4) {
		r.served(r.do(c))
	}
	if n := watch.Count("Hello"); n > 2 { // the watch's own
		t.Errorf("%d connections for calls that the kernel's copy answers", n)
	}
	r.wants(r.people("refresh", "work"), 0, "")
	r.opaque()
	r.wants(r.people("unlock"), 0, "credential-idcs: the key is there, for work\n")

	r.wants(r.people("lock"), 0, "credential-idcs: the kernel's copy of the key is deleted; the next call gets another while the keyring is open\n")
	if r.copied() {
		t.Error("lock left the copy")
	}
	r.served(r.do(machine.Git))
	if !r.copied() {
		t.Error("the next call made no copy")
	}
	gnome.End()
	r.served(r.do(machine.Git)) // by the copy
	r.wants(r.people("lock"), 0, "the kernel's copy of the key is deleted")
	r.wants(r.do(machine.Token), 4, "no keyring runs in the D-Bus session\n\tcredential-idcs unlock\n")

	gnome = r.bus.Gnome(true)
	r.served(r.do(machine.Git))
	r.wants(r.people("logout"), 0, "")
	if got := gnome.Items(); len(got) != 0 {
		t.Errorf("after the last logout the keyring has %q", got)
	}
	if left, _ := filepath.Glob(filepath.Join(r.Cache, "*.json")); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
	for _, method := range []string{"Unlock", "Prompt"} {
		if n := watch.Count(method); n != 0 {
			t.Errorf("%s was called %d times", method, n)
		}
	}
}

// H4: Locked, absent, hanging, denied: nothing is sent, asked or written, and all is there again with the key.
func TestALockedKeyringIsNoEmptyOne(t *testing.T) {
	needKeyctl(t)
	r := newRoom(t, machine.Alone) // a login that needs no person: not even that one is made
	gnome := r.bus.Gnome(true)
	r.logIn()
	r.served(r.do(machine.Token))
	r.forgetCopy()
	watch, before, files := r.bus.Watch(), r.Domain.Counts(), r.digest()
	hangs := "DBUS_SESSION_BUS_ADDRESS=" + keyring.Mute(t)
	var longest time.Duration
	locked := func(why string, alter func(machine.Call) machine.Call) {
		t.Helper()
		for range repeat(t, 2) {
			for _, c := range machine.Mixed(4) {
				try := r.do
				if why == mute {
					try = r.Do
				}
				got := try(alter(c))
				longest = max(longest, got.Took)
				if got.Exit != got.Status(4) || !strings.Contains(got.Stderr+got.Stdout, why) || !strings.Contains(got.Stderr+got.Stdout, "credential-idcs unlock") {
					t.Errorf("%s; want %q", got, why)
				}
				if c.Name == machine.Git.Name && got.Stdout != "quit=1\n" {
					t.Errorf("git is told %q", got.Stdout)
				}
			}
			erase := machine.Git
			erase.Args = []string{"erase"}
			erase.Stdin = strings.TrimSuffix(erase.Stdin, "\n") + "password=x\n\n"
			if got := r.Do(alter(erase)); got.Exit != 0 || got.Stdout+got.Stderr != "" {
				t.Errorf("erase: %s", got)
			}
		}
		if r.digest() != files {
			t.Error("a file has changed")
		}
	}
	as := func(c machine.Call) machine.Call { return c }
	gnome.Lock()
	locked("the stored tokens are sealed and their key can't be had: the keyring is locked", as)
	locked("the keyring is locked", func(c machine.Call) machine.Call { return withoutKeyctl(t, c) })
	if got := r.people("status", "--json"); !strings.Contains(got.Stdout, `"state": "locked"`) || !strings.Contains(got.Stdout, `"seal": "keyring"`) {
		t.Errorf("%s", got)
	}
	r.wants(r.people("seal"), 4, "the keyring is locked")
	gnome.End()
	locked("no keyring runs in the D-Bus session", as)
	locked(mute, func(c machine.Call) machine.Call { return c.With(hangs) })
	locked("no D-Bus session", func(c machine.Call) machine.Call { return c.With("DBUS_SESSION_BUS_ADDRESS=") })
	t.Logf("the longest call took %v", longest)
	for _, method := range []string{"Unlock", "Prompt", "StartServiceByName"} {
		if n := watch.Count(method); n != 0 {
			t.Errorf("%s was called %d times", method, n)
		}
	}
	if r.digest() != files {
		t.Error("a file has changed")
	}
	if got := r.Domain.Counts(); got.Requests != before.Requests {
		t.Errorf("the domain got %d requests", got.Requests-before.Requests)
	}

	r.bus.Gnome(true)
	r.served(r.do(withoutKeyctl(t, machine.Git)))
	if r.copied() {
		t.Error("a copy was made where that is denied")
	}
	r.served(r.do(machine.Git))
	if got := r.Domain.Counts(); got.Requests != before.Requests {
		t.Errorf("with the key: %d requests", got.Requests-before.Requests)
	}
}

// An open keyring without the key: a person logs in, and where nobody needs to, one grant brings new tokens under a
// new key. What nobody can open any more is kept aside.
func TestALostKey(t *testing.T) {
	needKeyctl(t)
	t.Run("person", func(t *testing.T) {
		r := newRoom(t, machine.Person)
		gnome := r.bus.Gnome(true)
		r.logIn()
		old := r.keyID()
		gnome.Empty()
		r.served(r.do(machine.Git)) // by the copy
		r.forgetCopy()
		files := r.digest()
		r.wants(r.do(machine.Token), 3, "the keyring has no such key any more\n\tcredential-idcs login work\n")
		r.wants(r.people("unlock"), 1, "\tcredential-idcs login work\n")
		if got := r.people("status", "--json"); !strings.Contains(got.Stdout, `"state": "login_needed"`) {
			t.Errorf("%s", got)
		}
		if r.digest() != files {
			t.Error("a file has changed")
		}
		r.logIn()
		r.served(r.do(machine.Git))
		if aside, _ := filepath.Glob(filepath.Join(r.Cache, "*.sealed-*")); len(aside) != 1 || r.keyID() == old {
			t.Errorf("kept aside: %q; the key is %s", aside, r.keyID())
		}
	})
	t.Run("alone", func(t *testing.T) {
		r := newRoom(t, machine.Alone)
		gnome := r.bus.Gnome(true)
		r.logIn()
		gnome.Empty()
		r.forgetCopy()
		before := r.Domain.Counts()
		for range 3 {
			r.served(r.do(machine.Git))
		}
		if got := r.Domain.Counts(); got.Posts[idcstest.Assertion] != before.Posts[idcstest.Assertion]+1 {
			t.Errorf("%d grants", got.Posts[idcstest.Assertion]-before.Posts[idcstest.Assertion])
		}
		r.opaque()
		if got := gnome.Items(); len(got) != 1 {
			t.Errorf("the keyring has %q", got)
		}
	})
}

// A person who types login, unlock or logout is asked for the keyring's password, before anything else happens.
func TestDialogsOfPeople(t *testing.T) {
	needKeyctl(t)
	r := newRoom(t, machine.Person)
	answers := make(chan bool, 1)
	fake := r.bus.Fake(&keyring.Fake{Missing: true, Answer: func() bool { return <-answers }})
	dialogs := func(want int) {
		t.Helper()
		if n := fake.Prompts(); n != want || len(answers) != 0 {
			t.Errorf("%d dialogs, want %d; %d answers weren't given", n, want, len(answers))
		}
	}
	requests := r.Domain.Counts().Requests
	answers <- false // closed: no keyring is made
	r.wants(r.do(r.LoginCall()), 5, "the tokens are to be sealed and no key can be had: the keyring is locked\n\tcredential-idcs unlock\n")
	dialogs(1)
	if n := r.Domain.Counts().Requests; n != requests {
		t.Errorf("%d requests", n-requests)
	}
	answers <- true
	r.logIn()
	dialogs(2)

	fake.SetLocked(true)
	r.forgetCopy()
	r.wants(r.do(machine.Token), 4, "the keyring is locked\n\tcredential-idcs unlock\n")
	dialogs(2)
	answers <- false
	r.wants(r.people("unlock"), 4, "the keyring is locked")
	dialogs(3)
	answers <- false
	requests = r.Domain.Counts().Requests
	r.wants(r.do(r.LoginCall()), 5, "the stored tokens are sealed and their key can't be had: the keyring is locked")
	dialogs(4)
	if n := r.Domain.Counts().Requests; n != requests {
		t.Errorf("%d requests", n-requests)
	}
	answers <- true
	r.wants(r.people("unlock"), 0, "the key is there, for work")
	dialogs(5)
	r.served(r.do(machine.Git))
	fake.SetLocked(true)
	r.served(r.do(machine.Git)) // by the copy
	r.forgetCopy()
	r.wants(r.people("lock"), 0, "")
	dialogs(5)
	answers <- false
	r.wants(r.people("logout"), 1, "the refresh token could not be revoked: the stored tokens are sealed")
	dialogs(6)
	if left, _ := filepath.Glob(filepath.Join(r.Cache, "*.json")); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
}
