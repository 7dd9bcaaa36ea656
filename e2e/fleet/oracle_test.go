//go:build linux

package fleet

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/cluster"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/e2e/rig/servers"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
	"github.com/credential-idcs/credential-idcs/oci/ocitest"
)

// OCI principals in a cluster, without a login, a client or a refresh token, and an exchanged token of the
// domain: crane lives through three renewals of Oracle's registry on the Secrets of each. A registry that refuses
// is no other's trouble.
func testOracle(t *testing.T, api *cluster.Server) {
	need.Tool(t, "docker-registry")
	need.Tool(t, "crane")
	images, stop, err := servers.Open(t.Context(), "iad.ocir.io", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stop() })
	const life = 24 * time.Second
	oracle := ocitest.Start(t, ocitest.Options{Registry: images, RegistryTTL: life})
	s := emptyStage(t, api, "oracle")
	s.domain = idcstest.Start(t, idcstest.Options{Oracle: oracle, AccessTTL: life})
	s.env = []string{"HTTPS_PROXY=" + oracle.ProxyURL()}
	s.write("ca.pem", string(append(s.domain.CA.PEM(), oracle.CA.PEM()...)))
	account := t.TempDir()
	if err := oracle.WriteServiceAccount(account); err != nil {
		t.Fatal(err)
	}
	home, err := oracle.WriteAPIKey(t.TempDir(), "DEFAULT")
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(home.Dir, "config"))
	if err != nil {
		t.Fatal(err)
	}
	s.write("ci.oci", string(file))
	s.write("client.secret", s.domain.SecretClient.Secret)
	git := fmt.Sprintf("domain = %q\nscope = \"https://api.example.com/all\"\n", s.domain.URL())
	const iad, long = `"https://iad.ocir.io"`, `"https://us-ashburn-1.ocir.io"`
	toml := fmt.Sprintf(`
[profiles.pod]
login = "oci"
ca_file = "ca.pem"
targets = [%[1]s]
oci = { principal = "workload", region = "iad", endpoint = %[2]q, service_account_dir = %[3]q }
[profiles.node]
login = "oci"
ca_file = "ca.pem"
targets = [%[1]s, "https://git.example.com"]
%[4]soci = { principal = "instance", metadata_url = %[5]q }
[profiles.key]
login = "oci"
ca_file = "ca.pem"
targets = [%[1]s, %[6]s]
oci = { principal = "api_key", config_file = "ci.oci" }
[profiles.exchanged]
login = "client_credentials"
ca_file = "ca.pem"
client_id = %[7]q
client = { secret_file = "client.secret" }
targets = [%[1]s]
%[4]soci = { principal = "exchange", region = "iad" }
`, iad, oracle.WorkloadURL(), account, git, oracle.MetadataURL(), long, s.domain.SecretClient.ID)
	names := []string{"pod", "node", "key", "exchanged"}
	for _, name := range names {
		toml += publishingOf(name, s.space("team-a"), "pull-"+name, "docker", "targets = ["+iad+"]")
	}
	toml += publishingOf("key", s.space("team-a"), "both", "docker", "")
	toml += publishingOf("node", s.space("team-a"), "git", "basic-auth", "")
	s.write("fleet.toml", toml)
	s.install("team-a")
	oracle.Script(ocitest.Fault{On: "registry", Nth: 1, Status: 503})
	r := s.replica("one", "", quick...)

	for round := range 4 {
		for _, name := range names {
			o := s.waitFor("pull-"+name, int64(round))
			folder := t.TempDir()
			put(t, filepath.Join(folder, "config.json"), o.Data[".dockerconfigjson"])
			reads(t, append(s.env, "DOCKER_CONFIG="+folder, "SSL_CERT_FILE="+oracle.CAFile), "crane", "manifest", "iad.ocir.io/"+servers.Image)
		}
		o := s.waitFor("git", int64(round))
		if claims, err := s.domain.Verify(string(o.Data["password"])); err != nil || claims.Subject != oracle.Instance.ID {
			t.Errorf("the token for git names %v, %v", claims, err)
		}
	}
	s.until("both registries have a token", func() bool {
		both := string(s.secret("team-a", "both").Data[".dockerconfigjson"])
		return strings.Contains(both, `"iad.ocir.io"`) && strings.Contains(both, `"us-ashburn-1.ocir.io"`)
	})
	if failed, works := r.count(`ocir.io: `), r.count(`"works again","target":`); failed != 1 || works != 1 {
		t.Errorf("the registry that refused once is told %d times, and %d times that it works", failed, works)
	}
	out, status := s.person("", "refresh", "key")
	if status != 0 || !strings.Contains(out, "profile key: refreshed") {
		t.Errorf("refresh: %d %s", status, out)
	}
	if out, status = s.person("", "login", "pod"); status != 5 || !strings.Contains(out, "needs no login") {
		t.Errorf("login: %d %s", status, out)
	}
	s.until("status calls all of them fresh", func() bool {
		out, status = s.person("", "status")
		return status == 0 && strings.Count(out, " fresh ") >= 7
	})
	said := r.text()
	for _, secret := range oracle.Secrets() {
		if strings.Contains(said, secret) {
			t.Error("the log holds a secret of Oracle's")
		}
	}
}

// waitFor waits for a published Secret of a later generation than so many rounds of one's renewal.
func (s *stage) waitFor(name string, rounds int64) (o secretObject) {
	s.t.Helper()
	s.until(fmt.Sprintf("%s, %d times renewed", name, rounds), func() bool {
		o = s.secret("team-a", name)
		var generation int64
		_, _ = fmt.Sscan(o.Metadata.Annotations["credential-idcs/generation"], &generation) // none yet: 0
		return generation > rounds
	})
	return o
}
