//go:build linux

package walk

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/credential-idcs/credential-idcs/e2e/rig/servers"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
	"github.com/credential-idcs/credential-idcs/oci/ocitest"
)

// The hosts of docs/oracle.md, in the order of their addresses.
const (
	ashburn    = "iad.ocir.io"
	frankfurt  = "fra.ocir.io"
	authHost   = "auth.us-ashburn-1.oraclecloud.com"
	okeHost    = "k8s.oke.example.com"
	okeCluster = "ocid1.cluster.oc1.iad.aaaaexample"
	metadataIP = "169.254.169.254"
)

// A session of the oci CLI: images and a cluster, from nothing.
func TestOracleOnALaptop(t *testing.T) {
	if !ownMachine(t) {
		return
	}
	l, o := oracleLand(t)
	l.install()
	_, err := o.WriteSession(filepath.Join(home, ".oci"), "work")
	l.must(err)
	setUp := page(t, "docs/oracle.md", "## A session on a laptop")
	story := setUp.block(t, "")
	first, _, _ := strings.Cut(story, "\n")
	l.oci(strings.TrimPrefix(first, "oci "))
	l.must(os.MkdirAll(filepath.Join(home, ".kube"), 0o700))
	l.must(os.WriteFile(filepath.Join(home, ".kube", "config"), []byte(`apiVersion: v1
kind: Config
clusters:
- {name: c, cluster: {server: "https://`+okeHost+`:6443"}}
contexts:
- {name: prod, context: {cluster: c, user: user-abc}}
users:
- name: user-abc
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      command: oci
      args: [ce, cluster, generate-token, --cluster-id, `+okeCluster+`, --region, us-ashburn-1]
`), 0o600))
	before, after, found := strings.Cut(story, "docker pull ")
	if !found {
		t.Fatalf("no pull in\n%s", story)
	}
	l.run(before, "written to")
	l.seed(ashburn + "/ns/app:1")
	// There is no engine here, and no node behind the endpoint: the same calls without them.
	rest := strings.NewReplacer("get nodes", "get --raw "+servers.WhoAmI).Replace("docker manifest inspect " + after)
	out := l.run(rest, `"schemaVersion": 2`)
	if !strings.Contains(out, ocitest.User) {
		t.Errorf("the cluster doesn't see the user in\n%s", out)
	}
	if n := o.Count("registry"); n != 2 {
		t.Errorf("%d tokens were asked for, want one by init's look and one for all of it", n)
	}
	for _, read := range []string{
		"crane manifest " + ashburn + "/ns/app:1",
		"skopeo inspect --raw docker://" + ashburn + "/ns/app:1",
		"skopeo copy docker://" + ashburn + "/ns/app:1 dir:image && skopeo copy dir:image docker://" + ashburn + "/ns/copy:1 && crane manifest " + ashburn + "/ns/copy:1",
	} {
		l.run("mkdir -p .config/containers && echo '{\"default\":[{\"type\":\"insecureAcceptAnything\"}]}' >.config/containers/policy.json\n"+
			"credential-idcs configure podman\n"+read, `"schemaVersion":2`)
	}
	if n := o.Count("registry"); n != 2 {
		t.Errorf("%d tokens were asked for, want no more for all clients", n)
	}
	// And back: the context has its user again, and nothing that was derived is left.
	l.run("credential-idcs unconfigure kubectl && credential-idcs logout", "is deleted")
	if left := l.read(".kube/config"); !strings.Contains(left, "user: user-abc") || strings.Contains(left, "idcs") {
		t.Errorf("the kubeconfig is\n%s", left)
	}
}

// An API key, written by init alone.
func TestOracleWithAnAPIKey(t *testing.T) {
	if !ownMachine(t) {
		return
	}
	l, o := oracleLand(t)
	l.install()
	_, err := o.WriteAPIKey(filepath.Join(home, ".oci"), "DEFAULT")
	l.must(err)
	text := string(page(t, "docs/oracle.md", "## An API key"))
	command := regexp.MustCompile("`(credential-idcs init [^`]*)`").FindStringSubmatch(text)
	if command == nil {
		t.Fatalf("no command in\n%s", text)
	}
	l.run(command[1]+"\ncredential-idcs configure docker", "written to")
	l.seed(frankfurt + "/ns/app:1")
	l.run("docker manifest inspect "+frankfurt+"/ns/app:1", `"schemaVersion": 2`)
	// What the page shows does the same.
	l.configure(page(t, "docs/oracle.md", "## An API key").block(t, "toml"))
	l.run("docker manifest inspect "+frankfurt+"/ns/app:1", `"schemaVersion": 2`)
	if n := o.Count("registry"); n != 2 {
		t.Errorf("%d tokens were asked for, want one by init's look and one for all of it", n)
	}
}

// CI on an instance: nothing is stored, and a server of one's own gets the domain's token.
func TestOracleOnAnInstance(t *testing.T) {
	if !ownMachine(t) {
		return
	}
	l, o := oracleLand(t)
	l.install()
	domain, err := idcstest.New(idcstest.Options{Oracle: o, Scopes: []string{"https://git.example.com/all"}, Dir: l.TempDir()})
	l.must(err)
	l.Cleanup(func() {
		if err := domain.Close(); err != nil {
			l.Error(err)
		}
	})
	toml := page(t, "docs/oracle.md", "## An OCI instance").block(t, "toml")
	l.must(os.WriteFile(filepath.Join(home, "ca.pem"), append(domain.CA.PEM(), l.ca.PEM()...), 0o600))
	l.configure(strings.Replace(idcsName.ReplaceAllString(toml, domain.URL()), "targets", `ca_file = "`+home+"/ca.pem\"\ntargets", 1))
	l.run("credential-idcs configure docker", "")
	l.seed(ashburn + "/ns/app:1")
	l.run("docker manifest inspect "+ashburn+"/ns/app:1", `"schemaVersion": 2`)
	token := l.run("printf 'protocol=https\nhost=git.example.com\n\n' | credential-idcs git get | sed -n s/^password=//p", "eyJ")
	claims, err := domain.Verify(strings.TrimSpace(token))
	if err != nil || claims.Subject != o.Instance.ID {
		t.Errorf("git's token names %+v, %v", claims, err)
	}
	out := l.run("credential-idcs doctor || true", "its OCI principal is instance")
	if strings.Contains(out, "error") {
		t.Errorf("doctor says\n%s", out)
	}
}

// A pod of OKE, with what the kubelet gives it.
func TestOracleInAPod(t *testing.T) {
	if !ownMachine(t) {
		return
	}
	l, o := oracleLand(t)
	l.install()
	const account = "/var/run/secrets/kubernetes.io/serviceaccount"
	l.must(unix.Mount("tmpfs", "/run", "tmpfs", 0, "mode=755")) // /var/run leads there
	l.must(os.MkdirAll(account, 0o755))
	l.must(o.WriteServiceAccount(account))
	l.configure(page(t, "docs/oracle.md", "## A pod of OKE").blocks("toml")[0])
	l.run("credential-idcs configure docker", "")
	const pod = "KUBERNETES_SERVICE_HOST=127.0.0.1"
	l.env = append(l.env, pod)
	l.seed(ashburn + "/ns/app:1")
	l.run("docker manifest inspect "+ashburn+"/ns/app:1", `"schemaVersion": 2`)
	if n := o.Count("workload"); n != 1 {
		t.Errorf("the cluster was asked %d times, want once", n)
	}
}

// CI on a machine that is none of Oracle's: an API key of a service user in a file of its own, or an exchange of
// the profile's own token, which needs nothing but the client's secret.
func TestOracleElsewhere(t *testing.T) {
	if !ownMachine(t) {
		return
	}
	l, o := oracleLand(t)
	l.install()
	elsewhere := page(t, "docs/oracle.md", "## CI elsewhere")
	toml := elsewhere.blocks("toml")
	settings := filepath.Join(home, ".config", "credential-idcs")
	l.configure(toml[0])
	key, err := o.WriteAPIKey(settings, "DEFAULT")
	l.must(err)
	l.must(os.Rename(key.ConfigFile, filepath.Join(settings, "ci.oci")))
	l.run("credential-idcs configure docker", "changed")
	l.seed(ashburn + "/ns/app:1")
	l.run("docker manifest inspect "+ashburn+"/ns/app:1", `"schemaVersion": 2`)
	l.run("credential-idcs doctor --offline", "its OCI principal is api_key")

	domain, err := idcstest.New(idcstest.Options{Oracle: o, Scopes: []string{"https://git.example.com/all"}, Dir: l.TempDir()})
	l.must(err)
	l.Cleanup(func() {
		if err := domain.Close(); err != nil {
			l.Error(err)
		}
	})
	client := domain.SecretClient
	client.ID = clientID
	l.must(domain.AddClient(client))
	l.must(os.WriteFile(filepath.Join(home, "ca.pem"), append(domain.CA.PEM(), l.ca.PEM()...), 0o600))
	l.configure(strings.Replace(idcsName.ReplaceAllString(toml[1], domain.URL()), "targets", `ca_file = "`+home+"/ca.pem\"\ntargets", 1))
	l.env = append(l.env, "CI_SECRET="+client.Secret)
	l.run("docker manifest inspect "+ashburn+"/ns/app:1", `"schemaVersion": 2`)
	token := l.run("printf 'protocol=https\nhost=git.example.com\n\n' | credential-idcs git get | sed -n s/^password=//p", "eyJ")
	if claims, err := domain.Verify(strings.TrimSpace(token)); err != nil || claims.ClientID != clientID {
		t.Errorf("git's token names %+v, %v", claims, err)
	}
	if n := domain.Posts(idcstest.Exchange); n != 1 {
		t.Errorf("%d exchanges, want one", n)
	}
	// What the administrator sends is JSON, of the kind that the address takes.
	var trust struct {
		Schemas []string `json:"schemas"`
		Issuer  string   `json:"issuer"`
		Active  bool     `json:"active"`
	}
	if err := json.Unmarshal([]byte(elsewhere.block(t, "json")), &trust); err != nil || !trust.Active || trust.Issuer != "https://identity.oraclecloud.com/" ||
		len(trust.Schemas) != 1 || trust.Schemas[0] != "urn:ietf:params:scim:schemas:oracle:idcs:IdentityPropagationTrust" {
		t.Errorf("the trust is %+v, %v", trust, err)
	}
}
