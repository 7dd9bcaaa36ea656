package e2e_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/e2e/rig/servers"
	"github.com/credential-idcs/credential-idcs/oci/ocitest"
)

// A derived is a credential that `status` says an OCI principal has, or could have.
type derived struct{ Target, Kind, State string }

// oracles are the targets for which the profile's OCI principal gets something.
func (x *tenant) oracles() []derived {
	x.Helper()
	r := x.call("status", "--json")
	var rows []struct{ Derived []derived }
	if err := json.Unmarshal([]byte(r.Stdout), &rows); err != nil || len(rows) != 1 {
		x.Fatalf("status --json has no one row: %s", r)
	}
	return rows[0].Derived
}

// keepOraclesPromises is keepPromises for a profile with an OCI principal: Oracle's registry and clusters
// of a tenancy. Nothing is spent, and what is learnt is logged behind "seen:".
func (x *tenant) keepOraclesPromises(targets []derived) {
	if !x.Run("login", x.in(func(x *tenant) {
		r := x.call("login")
		if r.Exit != 0 {
			x.Fatalf("%s", r)
		}
		x.Logf("seen: %s", r.Stderr)
	})) {
		return
	}
	defer x.call("logout")
	for _, d := range targets {
		x.Run(d.Kind+" "+d.Target, x.in(func(x *tenant) {
			print := x.words("token", "--target", d.Target)
			first := x.Do(print)
			if first.Exit != 0 {
				x.Fatalf("%s", first)
			}
			x.Logf("seen: a token for %s: %d bytes; %s", d.Target, len(first.Secret()), x.last("life=[0-9a-z]+"))
			crowd := make([]machine.Call, 16)
			for i := range crowd {
				crowd[i] = print
			}
			for _, r := range x.Crowd(crowd...) {
				if r.Exit != 0 || r.Secret() != first.Secret() {
					x.Errorf("the cached token isn't answered: exit %d, %s", r.Exit, r.Stderr)
				}
			}
		}))
	}
	x.Run("image", x.in((*tenant).letsDockerIn))
	x.Run("cluster", x.in((*tenant).letsKubectlIn))
	x.Run("doctor", x.in(func(x *tenant) {
		r := x.call("doctor")
		x.Logf("seen: exit %d\n%s", r.Exit, r.Stdout)
	}))
	x.Run("logout", x.in(func(x *tenant) {
		if r := x.call("logout"); r.Exit != 0 {
			x.Errorf("%s", r)
		}
		if left, _ := filepath.Glob(filepath.Join(x.Cache, "*.json")); len(left) > 0 {
			x.Errorf("%d files are left", len(left))
		}
	}))
}

// TestTenant works for an OCI principal, too: here it is pointed at the strict double.
func TestOracleTenantHere(t *testing.T) {
	need.Tool(t, "docker")
	need.Tool(t, "kubectl")
	program := build(t)
	oracle := ocitest.Start(t, ocitest.Options{})
	folder := t.TempDir()
	home := filepath.Join(folder, ".oci")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	h, err := oracle.WriteSession(home, "work")
	if err != nil {
		t.Fatal(err)
	}
	const cluster = "ocid1.cluster.oc1.iad.aaaa"
	cert, err := oracle.CA.Issue("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	api, err := servers.API(cert, func(token string) (string, error) {
		return oracle.VerifyCluster(token, cluster, "us-ashburn-1")
	})
	if err != nil {
		t.Fatal(err)
	}
	defer api.Close()
	config := filepath.Join(folder, "config.toml")
	if err := os.WriteFile(config, []byte(`[profiles.tried]
login = "oci"
proxy = "`+oracle.ProxyURL()+`"
ca_file = "`+oracle.CAFile+`"
targets = ["https://iad.ocir.io", "`+api.URL+`"]
[profiles.tried.oci]
principal = "session"
config_file = "`+h.ConfigFile+`"
profile = "work"
[profiles.tried.target."`+api.URL+`"]
kind = "oke"
cluster = "`+cluster+`"
`), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(envConfig, config)
	t.Setenv(envProfile, "")
	t.Setenv(envImage, "")
	t.Setenv(envCluster, kubeconfig(t, api.URL, oracle.CAFile))
	keepPromises(t, program, func(string) {})
	if n := oracle.Count("registry"); n != 2 {
		t.Errorf("%d tokens of the registry were asked for, want one and doctor's", n)
	}
	if refused := oracle.Refusals(); len(refused) > 0 {
		t.Errorf("refused: %s", strings.Join(refused, "; "))
	}
}
