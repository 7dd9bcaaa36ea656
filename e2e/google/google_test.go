//go:build linux

package google

import (
	_ "embed"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/e2e/rig/servers"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

var program machine.Program

func TestMain(m *testing.M) { os.Exit(machine.Main(m, &program)) }

//go:embed package-lock.json
var lock []byte

//go:embed library.mjs
var forNode string

//go:embed library.py
var forPython string

// An exchange is Google's STS on this machine: it gives an access token for an ID token of the domain.
// https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token
type exchange struct {
	*servers.Server
	domain *idcstest.Server

	mu   sync.Mutex
	seen []string
}

func (e *exchange) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	form := r.PostFormValue
	claims, err := e.domain.Verify(form("subject_token"))
	what := "an ID token of " + claims.Subject
	switch {
	case err != nil:
		what = err.Error()
	case claims.Type != "IT":
		what = "a token of type " + claims.Type
	case r.URL.Path != "/public/v1/token" || form("grant_type") != "urn:ietf:params:oauth:grant-type:token-exchange" || form("audience") != audience:
		what = "another request: " + r.URL.Path + " " + form("grant_type") + " " + form("audience")
	}
	e.mu.Lock()
	e.seen = append(e.seen, what+" as "+form("subject_token_type"))
	e.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"access_token": "GOOGLES", "issued_token_type": "urn:ietf:params:oauth:token-type:access_token", "token_type": "Bearer", "expires_in": 3600,
	})
}

// requests are what the exchange has seen, and forgets.
func (e *exchange) requests() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	seen := e.seen
	e.seen = nil
	return seen
}

const (
	audience = "//iam.googleapis.com/locations/global/workforcePools/POOL/providers/PROVIDER" // docs/tools.md's
	idToken  = "urn:ietf:params:oauth:token-type:id_token"
)

// A library is one of Google's, and how a program with it is run.
type library struct {
	name    string
	prepare func(t *testing.T, m *machine.Machine) []string
}

var libraries = []library{
	{"node", func(t *testing.T, m *machine.Machine) []string {
		need.Tool(t, "node")
		modules := need.Modules(t, "google", lock, "google-auth-library")
		m.Put("library.mjs", forNode)
		// Modules are looked for beside the script that asks for them.
		if err := os.Symlink(modules, filepath.Join(m.Home, "node_modules")); err != nil {
			t.Fatal(err)
		}
		m.Tools = append(m.Tools, "NODE_EXTRA_CA_CERTS="+m.Domain.CAFile)
		return []string{"node", "library.mjs"}
	}},
	{"python", func(t *testing.T, m *machine.Machine) []string {
		python := need.Tool(t, "python3")
		m.Put("library.py", forPython)
		m.Tools = append(m.Tools, "REQUESTS_CA_BUNDLE="+m.Domain.CAFile, "PYTHONDONTWRITEBYTECODE=1")
		for _, folder := range []string{"", "/usr/lib/google-cloud-sdk/lib/third_party"} {
			words := []string{python, "library.py", folder}
			if _, err := m.Try(python, "-c", "import sys; sys.path.insert(0, '"+folder+"'); import google.auth.pluggable, google.auth.transport.requests"); err == nil {
				return words
			}
		}
		// Debian 12 has a release of before executables, and no other source is open to .ci/run.
		t.Skip("google-auth for Python is missing")
		return nil
	}},
}

// set is a machine that is logged in with an ID token, a token exchange, and a credential configuration.
func set(t *testing.T, credential map[string]any) (*machine.Machine, *exchange) {
	t.Helper()
	domain := idcstest.Start(t, idcstest.Options{IDTokenAtRefresh: true})
	cert, err := domain.CA.Issue("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	e := &exchange{domain: domain}
	if e.Server, err = servers.Packages(cert, domain.Access, e); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	m := machine.New(t, program, domain, machine.Person, "https://sts.googleapis.com")
	m.Profile.Scope = machine.Scope + " openid"
	m.Configure()
	m.Login()
	config := shown(t)
	config["token_url"] = e.URL + "/public/v1/token"
	config["credential_source"] = map[string]any{"executable": credential}
	b, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	m.Tools = append(m.Tools, "GOOGLE_APPLICATION_CREDENTIALS="+m.Put("credential.json", string(b)), "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1")
	return m, e
}

// shown is the credential configuration of docs/tools.md.
func shown(t *testing.T) map[string]any {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "docs", "tools.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range strings.Split(string(b), "```json\n")[1:] {
		block, _, _ = strings.Cut(block, "```")
		var config map[string]any
		if err := json.Unmarshal([]byte(block), &config); err == nil && config["type"] == "external_account" {
			return config
		}
	}
	t.Fatal("docs/tools.md has no credential configuration")
	return nil
}

// ours is its executable, with the program as it is installed here.
func ours(t *testing.T) map[string]any {
	t.Helper()
	executable := shown(t)["credential_source"].(map[string]any)["executable"].(map[string]any)
	command := executable["command"].(string)
	executable["command"] = strings.Replace(command, "/home/ana/.local/bin", string(program), 1)
	return executable
}

// The libraries run us, send the ID token to the exchange and get in; after it has expired again, which
// costs one refresh; and after a logout their user reads what to do.
func TestGooglesLibraries(t *testing.T) {
	for _, l := range libraries {
		t.Run(l.name, func(t *testing.T) {
			m, e := set(t, ours(t))
			words := l.prepare(t, m)
			want := []string{"an ID token of " + m.Domain.User.Name + " as " + idToken}
			if said := m.Works(words...); said != "token GOOGLES\n" {
				t.Errorf("got %q", said)
			}
			if diff := cmp.Diff(want, e.requests()); diff != "" {
				t.Errorf("the exchange, -want +got:\n%s", diff)
			}

			m.Expire()
			before := m.Domain.Posts(idcstest.Refresh)
			m.Works(words...)
			if n := m.Domain.Posts(idcstest.Refresh) - before; n != 1 {
				t.Errorf("%d refreshes, want 1", n)
			}
			if diff := cmp.Diff(want, e.requests()); diff != "" {
				t.Errorf("the exchange, -want +got:\n%s", diff)
			}

			m.Do(machine.Logout)
			said, err := m.Try(words...)
			if err == nil || !strings.Contains(said, "login needed, nothing is stored yet; run: credential-idcs login work") || !strings.Contains(said, "401") {
				t.Errorf("%v, %q", err, said)
			}
			if seen := e.requests(); len(seen) > 0 {
				t.Errorf("the exchange saw %q", seen)
			}
		})
	}
}

// A configuration that has the answer written to a file is refused, and no file is written.
func TestGooglesLibrariesKeepNoFile(t *testing.T) {
	for _, l := range libraries {
		t.Run(l.name, func(t *testing.T) {
			credential := ours(t)
			file := filepath.Join(t.TempDir(), "answer.json")
			credential["output_file"] = file
			m, e := set(t, credential)
			said, err := m.Try(l.prepare(t, m)...)
			if err == nil || !strings.Contains(said, "no token goes to a file (remove output_file from the credential configuration)") {
				t.Errorf("%v, %q", err, said)
			}
			if _, err := os.Stat(file); err == nil || len(e.requests()) > 0 {
				t.Error("the token went on")
			}
		})
	}
}
