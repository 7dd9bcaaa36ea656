//go:build linux

package machine

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/credential-idcs/credential-idcs/e2e/rig/sources"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// TB is what a Machine reports to: a *testing.T, or the soak's own.
type TB interface {
	idcstest.TB
	Skipf(format string, args ...any)
}

// A Machine is one home folder with one profile, work. Its calls may run at once.
type Machine struct {
	T       TB
	Domain  *idcstest.Server // nil where another provider plays the domain
	Program Program
	Home    string
	Cache   string   // where the token files lie
	Env     []string // of every call; nothing else is inherited
	Tools   []string // what other people's programs have on top of Env
	Profile Profile  // what Configure writes

	kind  Kind
	under []string // what runs the tools
}

// A Kind is how the profile logs in.
type Kind int

const (
	Person Kind = iota // needs a person: login = "refresh_token", the client proves itself by a secret
	Alone              // needs nobody: login = "assertion"
)

func (k Kind) String() string { return [...]string{"person", "alone"}[k] }

// Scope is what the profile's logins ask for.
const Scope = "urn:opc:idm:__myscopes__"

// The hosts of the targets that a profile has unless a test names others. Nobody answers there.
const (
	GitHost  = "git.example.com"
	Registry = "registry.example.com:5000"
)

// look is called from within tests: what TestMain does before it runs them, go test doesn't see.
var look = sync.OnceValue(sources.Look)

// Home makes a home folder without a configuration, on a machine where the program is installed.
func Home(t TB, p Program) *Machine {
	t.Helper()
	if err := look(); err != nil {
		t.Fatalf("%v", err)
	}
	home := t.TempDir()
	return &Machine{
		T: t, Program: p, Home: home,
		Cache: filepath.Join(home, ".cache", "credential-idcs"),
		Env:   []string{"HOME=" + home, "PATH=" + string(p) + ":" + os.Getenv("PATH")},
		Tools: []string{"LC_ALL=C"},
	}
}

// New makes a home folder whose profile belongs to the domain. Nobody has logged in yet. What is
// written in Go trusts the domain's authority, which may have issued a server's certificate too.
func New(t TB, p Program, domain *idcstest.Server, kind Kind, targets ...string) *Machine {
	t.Helper()
	m := Home(t, p)
	m.Domain, m.kind = domain, kind
	m.Tools = append(m.Tools, "SSL_CERT_FILE="+domain.CAFile)
	m.Profile = Profile{Domain: domain.URL(), CAFile: p.File(domain.CAFile), Targets: targets}
	if kind == Alone {
		client := domain.KeyClient
		m.Profile.Client, m.Profile.Login = client.ID, "assertion"
		m.Profile.Proof = fmt.Sprintf("key_file = \"client-key.pem\"\nkey_id = %q\n", client.Key.Alias)
		m.Profile.Subject = domain.User.Name
		m.Write("client-key.pem", string(client.Key.KeyPEM()))
	} else {
		client := domain.SecretClient
		m.Profile.Client, m.Profile.Login = client.ID, "refresh_token"
		m.Profile.Proof = "secret_file = \"client.secret\"\n"
		m.Write("client.secret", client.Secret+"\n")
	}
	m.Configure()
	return m
}

// Write writes a file beside the configuration.
func (m *Machine) Write(name, content string) {
	m.T.Helper()
	m.Put(".config/credential-idcs/"+name, content)
}

// Login logs in and takes the domain's word for it.
func (m *Machine) Login() {
	m.T.Helper()
	r := m.Do(m.LoginCall())
	if r.Exit != 0 {
		m.T.Fatalf("login failed: %s", r)
	}
}

// LoginCall is a login without a person. For a Person the refresh token that somebody got elsewhere
// comes on stdin.
func (m *Machine) LoginCall() Call {
	if m.kind == Alone {
		return Call{Name: People, Args: []string{"login", "work", "--assertion"}}
	}
	return Call{
		Name: People, Args: []string{"login", "work", "--refresh-token-stdin"},
		Stdin: m.Domain.NewLogin(m.Domain.SecretClient.ID, cmp.Or(m.Profile.Scope, Scope)+" offline_access") + "\n",
	}
}

// Chain asserts that the stored refresh token is one that the domain accepts: a forced refresh
// succeeds. That no invariant of the domain was broken is asserted at its end.
func (m *Machine) Chain() {
	m.T.Helper()
	if r := m.Do(Refresh); r.Exit != 0 {
		m.T.Errorf("the chain is broken: %s", r)
	}
}
