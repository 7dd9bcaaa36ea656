package keyring

import (
	"slices"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/keyring"
	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
)

// A keyring that asks a person about each item, as KeePassXC does: no tool lets it ask, and unlock makes all that tools need.
func TestAKeyringThatAsks(t *testing.T) {
	needKeyctl(t)
	for _, kind := range []machine.Kind{machine.Person, machine.Alone} {
		r := newRoom(t, kind)
		fake := r.bus.Fake(&keyring.Fake{Asks: true, Answer: func() bool { return true }})
		tool := func(c machine.Call) machine.Result {
			t.Helper()
			before := fake.Prompts()
			got := r.do(c)
			if n := fake.Prompts() - before; n != 0 {
				t.Errorf("%s: %d dialogs", got, n)
			}
			return got
		}
		if kind == machine.Alone {
			for range 3 {
				r.wants(tool(machine.Token), 4, "no key can be had: the keyring asks before it stores a key\n\tcredential-idcs unlock\n")
			}
			if n := r.Domain.Counts().Requests; n != 0 || len(fake.Items()) != 0 {
				t.Errorf("%d requests, stored %q", n, fake.Items())
			}
			r.wants(r.people("unlock"), 0, "credential-idcs: nothing is sealed\n")
		} else {
			r.logIn()
		}
		r.served(tool(machine.Git))
		r.opaque()
		if got := fake.Items(); !slices.Equal(got, []string{r.keyID()}) {
			t.Errorf("stored %q, seal.json has %s", got, r.keyID())
		}
		r.wants(tool(machine.Refresh), 0, "")

		r.forgetCopy() // a reboot
		r.wants(tool(machine.Token), 4, "the keyring is locked\n\tcredential-idcs unlock\n")
		r.wants(r.people("unlock"), 0, "the key is there, for work\n")
		r.served(tool(machine.Git))
		before := fake.Prompts()
		r.wants(r.people("logout"), 0, "")
		if n := fake.Prompts() - before; len(fake.Items()) != 0 || n > 2 {
			t.Errorf("after the logout %q, %d dialogs", fake.Items(), n)
		}
	}
}

// seal makes the key in such a keyring, and opens none.
func TestSealWithAKeyringThatAsks(t *testing.T) {
	needKeyctl(t)
	r := newRoom(t, machine.Person)
	fake := r.bus.Fake(&keyring.Fake{Asks: true, Answer: func() bool { return true }})
	configure := func(seal string) {
		r.Profile.Top = "seal = \"" + seal + "\"\n"
		r.Configure()
	}
	configure("none")
	r.wants(r.do(r.LoginCall()), 0, "logged in")
	configure("keyring")
	fake.SetLocked(true)
	files := r.digest()
	r.wants(r.people("seal"), 4, "the keyring is locked\n\tcredential-idcs unlock\n")
	if fake.Prompts() != 0 || r.digest() != files {
		t.Errorf("%d dialogs, or a file has changed", fake.Prompts())
	}
	fake.SetLocked(false)
	r.wants(r.people("seal"), 0, "sealed")
	r.opaque()
	r.served(r.do(machine.Git))
	configure("none")
	r.wants(r.people("seal"), 0, "in the open now")
	r.served(r.do(machine.Git))
	if len(fake.Items()) != 0 || r.keyID() != "" {
		t.Errorf("left: %q, seal.json has %q", fake.Items(), r.keyID())
	}
}
