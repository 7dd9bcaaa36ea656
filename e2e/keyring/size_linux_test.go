package keyring

import (
	"fmt"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/keyring"
	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// H7: Tokens of any size that a domain gives are sealed, opened, refreshed and printed alike.
func TestTokensOfEachSizeAreSealed(t *testing.T) {
	for _, store := range []string{"kernel", "keyring"} {
		for _, size := range []int{2_000, 32_000, 128_000} {
			t.Run(fmt.Sprintf("%s-%d", store, size), func(t *testing.T) {
				needKeyctl(t)
				bus := &keyring.Bus{}
				if store == "keyring" {
					need.Tool(t, "gnome-keyring-daemon")
					bus = keyring.Start(t)
					bus.Gnome(true)
				}
				domain := idcstest.Start(t, idcstest.Options{Rotation: idcstest.StrictRevoke, TokenSize: size, IDTokenSize: size})
				r := &room{TB: t, Machine: machine.New(t, program, domain, machine.Person), bus: bus}
				r.Env = append(r.Env, "DBUS_SESSION_BUS_ADDRESS="+bus.Address)
				r.Profile.Top = fmt.Sprintf("seal = %q\n", store)
				r.Configure()
				defer r.forgetCopy()
				r.logIn()
				for range 3 {
					for _, c := range []machine.Call{machine.Token, machine.Docker, machine.Kubectl} {
						got := r.do(c)
						r.served(got)
						if n := len(got.Secret()); n < size-4 { // it is base64
							t.Errorf("%s: a secret of %d bytes", c.Name, n)
						}
					}
					r.wants(r.people("refresh", "work"), 0, "")
					r.opaque()
				}
			})
		}
	}
}
