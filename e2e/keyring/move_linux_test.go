package keyring

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
)

// The tokens move from one form to another, and whoever moves them is killed, while tools are served and refresh: nobody
// sees anything of it, and in the end no key is left that opens nothing.
func TestToolsAreServedWhileTheFormChanges(t *testing.T) {
	needKeyctl(t)
	r := newRoom(t, machine.Person)
	gnome := r.bus.Gnome(true)
	configured := map[string]string{}
	for _, form := range []string{"none", "kernel", "keyring"} {
		r.Profile.Top = fmt.Sprintf("seal = %q\n", form)
		r.Configure()
		content, err := os.ReadFile(filepath.Join(r.Home, ".config/credential-idcs/config.toml"))
		if err != nil {
			t.Fatal(err)
		}
		r.Write(form+".toml", string(content))
		configured[form] = "CREDENTIAL_IDCS_CONFIG=" + filepath.Join(r.Home, ".config/credential-idcs", form+".toml")
	}
	r.wants(r.do(r.LoginCall().With(configured["none"])), 0, "logged in")
	seal := func(form string) machine.Call {
		return machine.Call{Name: machine.People, Args: []string{"seal"}}.With(configured[form])
	}
	over := make(chan struct{})
	var callers sync.WaitGroup
	for i := range 8 {
		callers.Go(func() {
			calls := machine.Mixed(4)
			for n := i; ; n++ {
				select {
				case <-over:
					return
				default:
				}
				form := []string{"none", "kernel", "keyring"}[n%3]
				got := r.do(calls[n%4].With(configured[form]))
				r.served(got)
			}
		})
	}
	forms := []string{"kernel", "keyring", "none", "keyring", "kernel", "none"}
	takes := r.do(seal("none")).Took
	for i := range repeat(t, 30) {
		form := forms[i%len(forms)]
		p := r.Start(seal(form))
		if i%3 > 0 {
			time.Sleep(time.Duration(rand.Int64N(int64(takes))))
			p.Kill()
		} else if got := p.Wait(); got.Exit != 0 {
			r.Errorf("%s", got)
		}
		if i%5 == 0 {
			r.wants(r.do(machine.Refresh.With(configured["none"])), 0, "")
		}
		if t.Failed() {
			break
		}
	}
	close(over)
	callers.Wait()
	r.wants(r.do(seal("keyring")), 0, "")
	if got := gnome.Items(); len(got) != 1 || got[0] != "credential-idcs:"+r.keyID() {
		t.Errorf("the keyring has %q, and seal.json %q", got, r.keyID())
	}
	r.opaque()
	r.Chain()
	r.wants(r.people("logout"), 0, "")
	if got := gnome.Items(); len(got) != 0 || r.keyID() != "" {
		t.Errorf("after the logout the keyring has %q, and seal.json %q", got, r.keyID())
	}
}
