//go:build linux

package tools

import (
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/servers"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
	"github.com/credential-idcs/credential-idcs/internal/helpertest"
)

var program machine.Program

func TestMain(m *testing.M) { os.Exit(machine.Main(m, &program)) }

// name is a host that needn't resolve: tools that want a name reach it by a proxy.
const name = "registry.example.com"

// A stage is a person's machine, logged in at a domain, and a registry whose packages take the domain's
// tokens.
type stage struct {
	*testing.T
	*machine.Machine
	registry *servers.Server
}

// set makes a machine whose one target is the registry, by its address or, if named says so, by name.
func set(t *testing.T, named bool, packages func(url string) http.Handler, offers ...string) *stage {
	t.Helper()
	domain := idcstest.Start(t, idcstest.Options{IDTokenAtRefresh: true})
	cert, err := domain.CA.Issue("127.0.0.1", name)
	if err != nil {
		t.Fatal(err)
	}
	var handler http.Handler // once the server's address is known
	registry, err := servers.Packages(cert, domain.Access, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r)
	}), offers...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = registry.Close() })
	handler = packages(registry.URL)
	target := registry.URL
	if named {
		target = "https://" + name
	}
	s := &stage{T: t, Machine: machine.New(t, program, domain, machine.Person, target), registry: registry}
	if named {
		s.Tools = append(s.Tools, "HTTPS_PROXY="+helpertest.Tunnel(t, registry.Host))
	}
	s.Login()
	return s
}

// files is a handler of what a registry at url has.
func files(t *testing.T, at func(*testing.T, string) helpertest.Files) func(string) http.Handler {
	return func(url string) http.Handler { return maps.Clone(at(t, url)) }
}

// clear takes away what a tool has kept, so that it asks again.
func (s *stage) clear(folders ...string) {
	s.Helper()
	for _, f := range folders {
		path := filepath.Join(s.Home, f)
		_ = filepath.WalkDir(path, func(path string, d os.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				err = os.Chmod(path, 0o700) // go's module cache is read-only
			}
			return err
		})
		if err := os.RemoveAll(path); err != nil {
			s.Fatal(err)
		}
	}
}

// configure runs `credential-idcs configure TOOL` and sets what its notes say about PATH.
func (s *stage) configure(tool string) {
	s.Helper()
	said := s.Works("credential-idcs", "configure", tool)
	if !strings.Contains(said, "credential-idcs: "+tool+": changed ") {
		s.Errorf("configure %s: %s", tool, said)
	}
	for line := range strings.Lines(said) {
		if dir, ok := strings.CutPrefix(strings.TrimSpace(line), `export PATH="$PATH":`); ok {
			for i, v := range s.Env {
				if strings.HasPrefix(v, "PATH=") {
					s.Env[i] += ":" + dir
				}
			}
		}
	}
}
