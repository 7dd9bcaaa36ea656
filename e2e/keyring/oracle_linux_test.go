package keyring

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/keyring"
	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/oci/ocitest"
)

// docker asks list which registries there are. What is sealed counts as there, whatever becomes of the session that it
// was derived from: else docker would pull as nobody, and no one would be told to unlock.
func TestDockersListOfWhatOracleGaveAndTheKeyringHas(t *testing.T) {
	needKeyctl(t)
	oracle := ocitest.Start(t, ocitest.Options{})
	r := &room{TB: t, Machine: machine.Home(t, program), bus: keyring.Start(t)}
	t.Cleanup(r.forgetCopy)
	gnome := r.bus.Gnome(true)
	dir := filepath.Join(r.Home, ".oci")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	home, err := oracle.WriteSession(dir, "work")
	if err != nil {
		t.Fatal(err)
	}
	r.Env = append(r.Env, "DBUS_SESSION_BUS_ADDRESS="+r.bus.Address, "HTTPS_PROXY="+oracle.ProxyURL())
	r.Write("config.toml", fmt.Sprintf("seal = \"keyring\"\n[profiles.work]\nlogin = \"oci\"\nca_file = %q\ntargets = [\"https://iad.ocir.io\"]\n"+
		"[profiles.work.oci]\nprincipal = \"session\"\nprofile = \"work\"\n", r.Put("ca.pem", string(oracle.CA.PEM()))))
	get := machine.Call{Name: "docker-credential-idcs", Args: []string{"get"}, Stdin: "iad.ocir.io"}
	list := machine.Call{Name: "docker-credential-idcs", Args: []string{"list"}}
	lists := func(when, want string) {
		t.Helper()
		if got := r.do(list); got.Exit != 0 || got.Stdout != want+"\n" || got.Stderr != "" {
			t.Errorf("%s: %s, %q; want %s", when, got, got.Stdout, want)
		}
	}
	const there, none = `{"iad.ocir.io":"BEARER_TOKEN"}`, "{}"
	lists("nothing stored", there)
	r.served(r.do(get))
	before := r.digest()
	lists("open", there)
	r.forgetCopy()
	gnome.Lock()
	lists("locked", there)
	r.wants(r.do(get), 1, "the keyring is locked")

	// The session ends. What was derived lives on.
	ended := oracle.IssueFor(ocitest.User, &home.Key.PublicKey, time.Now().Add(-2*time.Hour), time.Hour)
	if err := oracle.WriteToken(home, ended); err != nil {
		t.Fatal(err)
	}
	lists("locked, and the session has ended", there)
	r.wants(r.do(get), 1, "the keyring is locked")
	gnome.End()
	lists("no keyring, and the session has ended", there)
	r.bus.Gnome(true)
	r.served(r.do(get))
	lists("open, and the session has ended", there)
	if r.digest() != before {
		t.Error("a file has changed")
	}
	r.wants(r.people("logout", "work"), 0, "")
	lists("logged out", none)
}
