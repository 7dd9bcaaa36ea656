//go:build linux

package fleet

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/cluster"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// program is the built controller.
var program string

func TestMain(m *testing.M) { os.Exit(withProgram(m)) }

func withProgram(m *testing.M) int {
	dir, err := os.MkdirTemp("", "controller-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "credential-idcs-controller")
	cmd := exec.Command("go", "build", "-o", program, "github.com/credential-idcs/credential-idcs/cmd/credential-idcs-controller")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// The namespaces of a test's cluster: the controller's and the published ones.
const namespace = "credential-idcs"

// A stage is a domain, an API server, and a configuration in a folder.
type stage struct {
	t       *testing.T // of the step that runs
	whole   *testing.T // of the test, with which all processes end
	domain  *idcstest.Server
	api     *cluster.Server
	admin   string // the administrator's kubeconfig
	folder  string // of the configuration
	config  string
	targets string // of the profile, quoted; "": two where nobody answers
	bearer  string // the account's token
}

// newStage starts the servers. publish is the configuration behind the profile ci.
func newStage(t *testing.T, o idcstest.Options, login, publish string) *stage {
	t.Helper()
	need.Tool(t, "kubectl")
	s := &stage{t: t, whole: t, domain: idcstest.Start(t, o), folder: t.TempDir()}
	s.api = cluster.New(t, s.domain.CA)
	s.api.Serve(cluster.Nobody)
	s.admin = s.api.Kubeconfig(t, "", "")
	s.config = filepath.Join(s.folder, "fleet.toml")
	s.configure(login, publish)
	return s
}

func (s *stage) configure(login, publish string) {
	s.t.Helper()
	client := s.domain.SecretClient
	s.write("client.secret", client.Secret+"\n")
	s.write("fleet.toml", fmt.Sprintf(`[profiles.ci]
domain = %q
ca_file = %q
client_id = %q
login = %q
scope = "urn:opc:idm:__myscopes__"
targets = [%s]
[profiles.ci.client]
secret_file = "client.secret"
%s`, s.domain.URL(), s.domain.CAFile, client.ID, login, cmp.Or(s.targets, `"https://registry.example.com:5000", "https://git.example.com"`), publish))
}

func (s *stage) write(name, content string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.folder, name), []byte(content), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// publishing is a [[publish]] table.
func publishing(namespace, secret, kind, more string) string {
	return fmt.Sprintf("\n[[publish]]\nprofile = \"ci\"\nnamespace = %q\nsecret = %q\ntype = %q\n%s\n", namespace, secret, kind, more)
}

// kubectl runs it as the administrator and returns its output.
func (s *stage) kubectl(stdin string, words ...string) string {
	s.t.Helper()
	out, err := s.tryKubectl(stdin, words...)
	if err != nil {
		s.t.Fatalf("kubectl %s: %v\n%s", strings.Join(words, " "), err, out)
	}
	return out
}

func (s *stage) tryKubectl(stdin string, words ...string) (string, error) {
	cmd := exec.Command("kubectl", append([]string{"--kubeconfig", s.admin, "--cache-dir", s.folder + "/cache"}, words...)...)
	cmd.Stdin = strings.NewReader(stdin)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

// controller runs a command of the controller that ends by itself, and returns what it printed.
func (s *stage) controller(words ...string) string {
	s.t.Helper()
	cmd := exec.Command(program, words...)
	cmd.Env = []string{"HOME=" + s.folder}
	var out, problem bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problem
	if err := cmd.Run(); err != nil {
		s.t.Fatalf("%s: %v\n%s", strings.Join(words, " "), err, problem.String())
	}
	return out.String()
}

// install applies what `manifests` prints, and makes the namespaces that are published in and the Secrets.
func (s *stage) install(published ...string) {
	s.t.Helper()
	for _, name := range published {
		s.kubectl("", "create", "namespace", name)
	}
	s.apply()
	s.kubectl(s.secrets(), "create", "-f", "-")
}

func (s *stage) apply() {
	s.t.Helper()
	out := s.controller("manifests", "--config", s.config, "--namespace", namespace, "--image", "registry.example.com/controller:1")
	s.kubectl(out, "apply", "--server-side", "--force-conflicts", "-f", "-")
}

func (s *stage) secrets() string {
	s.t.Helper()
	return s.controller("manifests", "--secrets", "--config", s.config, "--namespace", namespace)
}
