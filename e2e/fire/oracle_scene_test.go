//go:build linux

package fire

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
	"github.com/credential-idcs/credential-idcs/oci/ocitest"
)

// An oracleScene is a machine whose profile signs as an OCI principal, at a strict double.
type oracleScene struct {
	*testing.T
	*machine.Machine
	oracle *ocitest.Server
	domain *idcstest.Server // nil: no target takes its tokens
	home   ocitest.Home     // of session and api_key
}

// The calls for Oracle's own services, and for a server of somebody's own.
var (
	pull  = machine.Call{Name: "docker-credential-idcs", Args: []string{"get"}, Stdin: "iad.ocir.io"}
	oke   = machine.Call{Name: machine.People, Args: []string{"kubectl", "--profile", "work"}}
	clone = machine.Call{Name: "git-credential-idcs", Args: []string{"get"}, Stdin: "protocol=https\nhost=git.example.com\n\n"}
)

// principal is a scene with one of them, for a registry and a cluster.
func principal(t *testing.T, name string) *oracleScene {
	t.Helper()
	return principalOf(t, name, ocitest.Options{}, nil)
}

// principalOf is a scene with a principal. With a domain the profile has a target that takes its tokens.
func principalOf(t *testing.T, name string, o ocitest.Options, domain *idcstest.Options) *oracleScene {
	t.Helper()
	s := &oracleScene{T: t, Machine: machine.Home(t, program), oracle: ocitest.Start(t, o)}
	authorities := s.oracle.CA.PEM()
	head, targets := "login = \"oci\"\n", `"https://iad.ocir.io"`
	cluster := "[profiles.work.target.\"https://k.example.com\"]\nkind = \"oke\"\ncluster = \"ocid1.cluster.oc1.iad.aaaa\"\n"
	if domain != nil {
		domain.Oracle = s.oracle
		s.domain = idcstest.Start(t, *domain)
		authorities = append(authorities, s.domain.CA.PEM()...)
	}
	if name == "exchange" {
		head = fmt.Sprintf("login = \"client_credentials\"\nclient_id = %q\nclient = { secret_file = \"client.secret\" }\n", s.domain.SecretClient.ID)
		s.Write("client.secret", s.domain.SecretClient.Secret)
		cluster = ""
	} else {
		targets += `, "https://k.example.com"`
	}
	if domain != nil {
		head += fmt.Sprintf("domain = %q\nscope = \"https://api.example.com/all\"\n", s.domain.URL())
		targets += `, "https://git.example.com"`
	}
	// The double's proxy leads Oracle's names to it, and a domain on this machine needs none.
	s.Env = append(s.Env, "HTTPS_PROXY="+s.oracle.ProxyURL(), "NO_PROXY=127.0.0.1")
	s.Write("config.toml", "[profiles.work]\n"+head+fmt.Sprintf("ca_file = %q\ntargets = [%s]\n[profiles.work.oci]\n", s.Put("ca.pem", string(authorities)), targets)+s.table(name)+cluster)
	return s
}

// table prepares what a principal needs, and is what [profiles.work.oci] says of it.
func (s *oracleScene) table(name string) string {
	s.Helper()
	dir := filepath.Join(s.Home, ".oci")
	if err := os.Mkdir(dir, 0o700); err != nil {
		s.Fatal(err)
	}
	var err error
	defer func() {
		if err != nil {
			s.Fatal(err)
		}
	}()
	switch name {
	case "session":
		s.home, err = s.oracle.WriteSession(dir, "work")
		return "principal = \"session\"\nprofile = \"work\"\n"
	case "api_key":
		s.home, err = s.oracle.WriteAPIKey(dir, "DEFAULT")
		return "principal = \"api_key\"\n"
	case "instance":
		return fmt.Sprintf("principal = \"instance\"\nmetadata_url = %q\n", s.oracle.MetadataURL())
	case "workload":
		account := filepath.Join(s.Home, "account")
		if err = os.Mkdir(account, 0o755); err == nil {
			err = s.oracle.WriteServiceAccount(account)
		}
		return fmt.Sprintf("principal = \"workload\"\nregion = \"iad\"\nservice_account_dir = %q\nendpoint = %q\n", account, s.oracle.WorkloadURL())
	case "resource":
		var rpst, key string
		rpst, key, err = s.oracle.Resource()
		s.Env = append(s.Env, "OCI_RESOURCE_PRINCIPAL_VERSION=2.2", "OCI_RESOURCE_PRINCIPAL_REGION=us-ashburn-1",
			"OCI_RESOURCE_PRINCIPAL_RPST="+rpst, "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM="+key)
		return "principal = \"resource\"\n"
	}
	return "principal = \"exchange\"\nregion = \"iad\"\n"
}

// noInstance is what a call says if the four answers of the metadata service take longer than the 2 s that it gives
// them, as on a machine with much else to do.
const noInstance = "this is no OCI instance: 127.0.0.1 doesn't answer"

// patiently runs a call, again where the machine was too slow for an instance principal.
func (s *oracleScene) patiently(c machine.Call) (r machine.Result) {
	s.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); { // there is a pause of some seconds
		if r = s.Do(c); !strings.Contains(r.Stderr, noInstance) {
			break
		}
	}
	return r
}

// reword replaces a part of a file.
func (s *oracleScene) reword(path, from, to string) {
	s.Helper()
	b, err := os.ReadFile(path)
	if err == nil && !strings.Contains(string(b), from) {
		s.Fatalf("%s has no %q", path, from)
	}
	if err == nil {
		err = os.WriteFile(path, []byte(strings.Replace(string(b), from, to, 1)), 0o600)
	}
	if err != nil {
		s.Fatal(err)
	}
}
