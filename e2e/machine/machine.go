//go:build linux

package machine

import (
	"fmt"
	"os"
	"path/filepath"

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
	Domain  *idcstest.Server
	Program Program
	Home    string
	Cache   string   // where the token files lie
	Env     []string // of every call; nothing else is inherited

	kind Kind
	toml string // the profile without its tables
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

// The profile's targets.
const (
	GitHost  = "git.example.com"
	Registry = "registry.example.com:5000"
)

// New makes a home folder whose profile belongs to the domain. Nobody has logged in yet.
func New(t TB, p Program, domain *idcstest.Server, kind Kind) *Machine {
	t.Helper()
	home := t.TempDir()
	m := &Machine{
		T: t, Domain: domain, Program: p, Home: home, kind: kind,
		Cache: filepath.Join(home, ".cache", "credential-idcs"),
		Env:   []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")},
	}
	client := domain.SecretClient
	method, proof := "refresh_token", "secret_file = \"client.secret\"\n"
	if kind == Alone {
		client, method = domain.KeyClient, "assertion"
		proof = fmt.Sprintf("key_file = \"client-key.pem\"\nkey_id = %q\n[profiles.work.user]\nsubject = %q\n", client.Key.Alias, domain.User.Name)
		m.Write("client-key.pem", string(client.Key.KeyPEM()))
	} else {
		m.Write("client.secret", client.Secret+"\n")
	}
	m.toml = fmt.Sprintf(`[profiles.work]
domain = %q
ca_file = %q
client_id = %q
login = %q
scope = %q
targets = ["https://%s", "https://%s"]
`, domain.URL(), domain.CAFile, client.ID, method, Scope, GitHost, Registry)
	m.Configure("", proof)
	return m
}

// Configure writes the configuration anew: further lines of the profile, and the lines of its client
// table.
func (m *Machine) Configure(profile, client string) {
	m.T.Helper()
	m.Write("config.toml", m.toml+profile+"[profiles.work.client]\n"+client)
}

// Write writes a file beside the configuration, closed to others.
func (m *Machine) Write(name, content string) {
	m.T.Helper()
	dir := filepath.Join(m.Home, ".config", "credential-idcs")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		m.T.Fatalf("%v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		m.T.Fatalf("%v", err)
	}
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
		Stdin: m.Domain.NewLogin(m.Domain.SecretClient.ID, Scope+" offline_access") + "\n",
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
