//go:build linux

package cluster_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/cluster"
	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

var program machine.Program

func TestMain(m *testing.M) { os.Exit(machine.Main(m, &program)) }

// kubectls are the machine's, which need not know kuberc's allowlist, and one that does.
var kubectls = []string{"kubectl", "kubectl-1.37"}

// shortScope is a scope whose access tokens live for seconds: of another resource application.
const (
	shortScope = "https://api.example.com/all"
	shortLife  = 5 * time.Second
)

// user is whom the API server takes ana for: the mapping that `configure kubectl` prints.
const user = "idcs:ana@example.com"

// A world is a domain, two API servers that take its tokens, and what an administrator made there: a
// namespace, team, in which ana may do everything with config maps and secrets.
type world struct {
	domain *idcstest.Server
	api    *cluster.Server // takes access tokens
	ids    *cluster.Server // takes ID tokens, of another client; what one keeps the other has
}

// K15: The API servers are started once. What the tests do to the domain's keys outlives them, so they run one
// after another.
func TestCluster(t *testing.T) {
	t.Parallel()
	for _, kubectl := range kubectls {
		need.Tool(t, kubectl)
	}
	domain := idcstest.Start(t, idcstest.Options{
		TTLs:        map[string]time.Duration{shortScope: shortLife},
		IDTokenSize: 128_000, // as large as a domain's tokens get
	})
	w := &world{domain: domain, api: cluster.New(t, domain.CA)}
	w.ids = w.api.Beside()
	w.api.Serve(w.person(t).authentication)
	w.ids.Serve(w.employ(t, machine.Alone, w.ids.URL, withID).authentication)
	w.api.Create("/api/v1/namespaces", `{"metadata": {"name": "team"}}`)
	w.grant("team")

	for _, test := range []struct {
		promise string
		run     func(*testing.T, *world)
	}{
		{"the domain has to open its keys", keysAreOpened},
		{"an access token names its user", accessToken},
		{"an ID token names its user", idToken},
		{"roles go by the mapped name", roles},
		{"stdin is kubectl's", stdin},
		{"both versions of the protocol", versions},
		{"twenty at once refresh once", crowd},
		{"helm is served like kubectl", helm},
		{"kubectl finds us as its plugin", plugin},
		{"a server that is no target gets nothing", wrongServer},
		{"kuberc's allowlist", allowlist},
		{"a failure reaches the person", failures},
		{"a controller runs past three expiries", controller},
		{"a refused token is replaced", refused},
		{"a refused token is replaced for kubectl", refusedKubectl},
		{"a refused token stays where nothing is remembered", refusedUnnoticed},
		{"a server that refuses all costs a refresh a minute", refusedAlways},
		{"unconfigure leaves what was there", unconfigured},
	} {
		t.Run(test.promise, func(t *testing.T) { test.run(t, w) })
	}
}

// grant lets ana do everything with the config maps and secrets of a namespace.
func (w *world) grant(namespace string) {
	const group = "/apis/rbac.authorization.k8s.io/v1/namespaces/"
	w.api.Create(group+namespace+"/roles", `{"metadata": {"name": "editor"},
		"rules": [{"apiGroups": [""], "resources": ["configmaps", "secrets"], "verbs": ["*"]}]}`)
	w.api.Create(group+namespace+"/rolebindings", `{"metadata": {"name": "editor"},
		"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "editor"},
		"subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "`+user+`"}]}`)
}

// A person has a kubeconfig with the context prod, and ran `configure kubectl --context prod` after the
// login.
type person struct {
	*testing.T
	*machine.Machine
	world *world

	before         string // the kubeconfig without us
	allowlist      string // the document for kuberc
	authentication string // the document for the API server
}

// person sets a person up whose profile says more than its targets by the functions.
func (w *world) person(t *testing.T, more ...func(*machine.Profile)) *person {
	t.Helper()
	return w.employ(t, machine.Person, w.api.URL, more...)
}

func (w *world) employ(t *testing.T, kind machine.Kind, server string, more ...func(*machine.Profile)) *person {
	t.Helper()
	p := &person{T: t, Machine: machine.New(t, program, w.domain, kind, server), world: w}
	for _, f := range more {
		f(&p.Profile)
	}
	p.Configure()
	runtime := t.TempDir()
	if err := os.Chmod(runtime, 0o700); err != nil {
		t.Fatal(err)
	}
	p.Env = append(p.Env, "XDG_RUNTIME_DIR="+runtime)
	p.before = `apiVersion: v1
kind: Config
clusters:
- name: prod
  cluster:
    server: ` + server + `
    certificate-authority: ` + w.domain.CAFile + `
contexts:
- name: prod
  context:
    cluster: prod
    namespace: team
current-context: prod
`
	p.Put(".kube/config", p.before)
	p.Machine.Login()
	r := p.Do(machine.Call{Name: machine.People, Args: []string{"configure", "kubectl", "--context", "prod"}})
	if r.Exit != 0 {
		t.Fatalf("%s", r)
	}
	var ok bool
	if p.allowlist, p.authentication, ok = strings.Cut(r.Stdout, "---\n"); !ok {
		t.Fatalf("configure kubectl printed %s", r.Stdout)
	}
	return p
}

// whoami asks the API server, which knows better than any token.
func (p *person) whoami(kubectl string) (user string, err error) {
	p.T.Helper()
	return p.Try(kubectl, "auth", "whoami", "-o", "jsonpath={.status.userInfo.username}")
}

// isAna asserts that the API server knows the person.
func (p *person) isAna(kubectl string) {
	p.T.Helper()
	if got, err := p.whoami(kubectl); got != user || err != nil {
		p.Errorf("%s: the API server says %q, %v", kubectl, got, err)
	}
}

// refreshes asserts how many refreshes f costs.
func (p *person) refreshes(want int, f func()) {
	p.T.Helper()
	before := p.world.domain.Posts(idcstest.Refresh)
	f()
	if got := p.world.domain.Posts(idcstest.Refresh) - before; got != want {
		p.Errorf("%d refreshes, want %d", got, want)
	}
}

// reads asserts that an error has what a person must read.
func (p *person) reads(said string, err error, wants ...string) {
	p.T.Helper()
	if err == nil {
		p.Errorf("it worked, and said %s", said)
	}
	for _, want := range wants {
		if !strings.Contains(said, want) {
			p.Errorf("no %q in what the person reads:\n%s", want, said)
		}
	}
}
