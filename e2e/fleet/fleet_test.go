//go:build linux

package fleet

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/built"
	"github.com/credential-idcs/credential-idcs/e2e/rig/cluster"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/e2e/rig/sources"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// program is the built controller.
var program string

func TestMain(m *testing.M) { os.Exit(withProgram(m)) }

func withProgram(m *testing.M) int {
	// These tests wait for lives of tokens, and hardly ever for the processor.
	flag.Parse()
	_ = flag.Set("test.parallel", "16")
	dir, err := os.MkdirTemp("", "controller-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "credential-idcs-controller")
	if err := built.Package("linux", program, "cmd/credential-idcs-controller"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// apiServer starts an API server of its own for a test, which trusts no identity provider.
func apiServer(t *testing.T) *cluster.Server {
	t.Helper()
	need.Tool(t, "kubectl")
	if err := sources.Look(); err != nil { // of the controller, which TestMain has built
		t.Fatal(err)
	}
	ca, err := idcstest.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	api := cluster.New(t, ca)
	api.Serve(cluster.Nobody)
	return api
}

// F7: TestFleet has one API server for all that leaves it alone, each with namespaces of its own.
func TestFleet(t *testing.T) {
	t.Parallel()
	api := apiServer(t)
	for name, test := range map[string]func(*testing.T, *cluster.Server){
		"manifests":            testManifests,
		"serve":                testServe,
		"killed at each gate":  testKilled,
		"stopped at each gate": testStopped,
		"cut off":              testCutOff,
		"cut off from both":    testPartition,
		"killed, idle":         testIdle,
		"API faults":           testFaults,
		"Lease and state":      testMeddling,
		"rolling upgrade":      testUpgrade,
		"readers":              testReaders,
		"logins":               testLogins,
		"docs":                 testWalk,
		"OCI principals":       testOracle,
		"what is missing":      testMissing,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, api)
		})
	}
}

// namespace is the controller's, of a stage without a name.
const namespace = "credential-idcs"

// A stage is a domain, an API server, and a configuration in a folder.
type stage struct {
	name    string     // before all its namespaces; "" for none
	t       *testing.T // of the step that runs
	whole   *testing.T // of the test, with which all processes end
	domain  *idcstest.Server
	api     *cluster.Server
	admin   string // the administrator's kubeconfig
	folder  string // of the configuration
	config  string
	targets string   // of the profile, quoted; "": two where nobody answers
	bearer  string   // the account's token
	env     []string // further variables of all programs
}

// newStage starts a domain. publish is the configuration behind the profile ci.
func newStage(t *testing.T, api *cluster.Server, name string, o idcstest.Options, login, publish string) *stage {
	t.Helper()
	s := emptyStage(t, api, name)
	s.domain = idcstest.Start(t, o)
	s.configure(login, publish)
	return s
}

func emptyStage(t *testing.T, api *cluster.Server, name string) *stage {
	s := &stage{name: name, t: t, whole: t, api: api, admin: api.Kubeconfig(t, "", ""), folder: t.TempDir()}
	s.config = filepath.Join(s.folder, "fleet.toml")
	return s
}

// space is a namespace of the stage's own.
func (s *stage) space(name string) string {
	if s.name == "" {
		return name
	}
	return s.name + "-" + name
}

func (s *stage) configure(login, publish string) {
	s.t.Helper()
	s.write("fleet.toml", s.profile("ci", s.domain, login)+publish)
}

// profile is a profile of a domain's, with its client's secret in a file.
func (s *stage) profile(name string, domain *idcstest.Server, login string) string {
	s.t.Helper()
	client := domain.SecretClient
	s.write(name+".secret", client.Secret+"\n")
	return fmt.Sprintf(`[profiles.%[1]s]
domain = %[2]q
ca_file = %[3]q
client_id = %[4]q
login = %[5]q
scope = "urn:opc:idm:__myscopes__"
targets = [%[6]s]
[profiles.%[1]s.client]
secret_file = "%[1]s.secret"
`, name, domain.URL(), domain.CAFile, client.ID, login, cmp.Or(s.targets, `"https://registry.example.com:5000", "https://git.example.com"`))
}

func (s *stage) write(name, content string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.folder, name), []byte(content), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// publishing is a [[publish]] table of profile ci.
func publishing(namespace, secret, kind, more string) string {
	return publishingOf("ci", namespace, secret, kind, more)
}

func publishingOf(profile, namespace, secret, kind, more string) string {
	return fmt.Sprintf("\n[[publish]]\nprofile = %q\nnamespace = %q\nsecret = %q\ntype = %q\n%s\n", profile, namespace, secret, kind, more)
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
	cmd.Env = append([]string{"HOME=" + s.folder}, s.env...)
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
		s.kubectl("", "create", "namespace", s.space(name))
	}
	s.apply()
	s.kubectl(s.secrets(), "create", "-f", "-")
}

func (s *stage) apply() {
	s.t.Helper()
	out := s.controller("manifests", "--config", s.config, "--namespace", s.space(namespace), "--image", "registry.example.com/controller:1")
	s.kubectl(out, "apply", "--server-side", "--force-conflicts", "-f", "-")
}

func (s *stage) secrets() string {
	s.t.Helper()
	return s.controller("manifests", "--secrets", "--config", s.config, "--namespace", s.space(namespace))
}
