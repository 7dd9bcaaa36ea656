package keyring

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/keyring"
	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// H6: Many first callers at once, over many profiles, and no key yet: one key, one grant for each profile, and every
// file can be read.
func TestManyFirstCallersMakeOneKey(t *testing.T) {
	for _, store := range []string{"kernel", "keyring"} {
		t.Run(store, func(t *testing.T) {
			needKeyctl(t)
			bus := &keyring.Bus{}
			if store == "keyring" {
				need.Tool(t, "gnome-keyring-daemon")
				bus = keyring.Start(t)
				bus.Gnome(true)
			}
			var domains []*idcstest.Server
			for range 8 {
				domains = append(domains, idcstest.Start(t, idcstest.Options{}))
			}
			for round := range repeat(t, 2) {
				firstCallers(t, store, bus, domains)
				if t.Failed() {
					t.Fatalf("in round %d", round)
				}
			}
		})
	}
}

func firstCallers(t *testing.T, store string, bus *keyring.Bus, domains []*idcstest.Server) {
	t.Helper()
	r := &room{TB: t, Machine: machine.New(t, program, domains[0], machine.Alone), bus: bus}
	r.Env = append(r.Env, "DBUS_SESSION_BUS_ADDRESS="+bus.Address)
	r.Profile.Top = fmt.Sprintf("seal = %q\n", store)
	for i, d := range domains[1:] {
		c := d.KeyClient
		key := fmt.Sprintf("key%d.pem", i)
		r.Write(key, string(c.Key.KeyPEM()))
		r.Profile.Tables += fmt.Sprintf("[profiles.p%d]\ndomain = %q\nca_file = %q\nclient_id = %q\nlogin = \"assertion\"\nscope = %q\n"+
			"[profiles.p%d.client]\nkey_file = %q\nkey_id = %q\n[profiles.p%d.user]\nsubject = %q\n",
			i, d.URL(), d.CAFile, c.ID, machine.Scope, i, key, c.Key.Alias, i, d.User.Name)
	}
	r.Configure()
	defer r.forgetCopy()
	var before []int
	for _, d := range domains {
		before = append(before, d.Posts(idcstest.Assertion))
	}
	calls := make([]machine.Call, 64)
	for i := range calls {
		name := "work"
		if i%8 > 0 {
			name = fmt.Sprint("p", i%8-1)
		}
		calls[i] = machine.Call{Name: machine.People, Args: []string{"token", name}}
	}
	for _, got := range r.Crowd(calls...) {
		for i := 0; i < 20 && strings.Contains(got.Stderr, mute); i++ { // 64 at once on a busy machine
			got = r.Do(got.Call)
		}
		r.served(got)
	}
	for i, d := range domains {
		if n := d.Posts(idcstest.Assertion) - before[i]; n != 1 {
			t.Errorf("profile %d: %d grants", i, n)
		}
	}
	id := r.keyID()
	files, err := filepath.Glob(filepath.Join(r.Cache, strings.Repeat("?", 32)+".json"))
	if err != nil || len(files) != 8 {
		t.Errorf("%d token files, %v", len(files), err)
	}
	for _, path := range files {
		if b, err := os.ReadFile(path); err != nil || !strings.Contains(string(b), `"key":"`+id+`"`) {
			t.Errorf("%s isn't closed by the key %s: %v", path, id, err)
		}
	}
	if aside, _ := filepath.Glob(filepath.Join(r.Cache, "*.sealed-*")); aside != nil {
		t.Errorf("set aside: %q", aside)
	}
	r.wants(r.people("unlock"), 0, "the key is there, for p0, p1, p2, p3, p4, p5, p6, work\n")
}
