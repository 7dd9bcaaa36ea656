//go:build linux

package tools

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
	"github.com/credential-idcs/credential-idcs/internal/helpertest"
)

// A tool is a program that fetches a package: what it needs beside what configure writes, and how it
// fetches.
type tool struct {
	name     string // as configure knows it
	program  string
	named    bool // it wants a name where others take an address
	packages func(*testing.T) func(url string) http.Handler
	offers   string // the registry's scheme
	prepare  func(s *stage)
	fetch    []string
	kept     []string // where it keeps what it has fetched
	told     string   // what a person reads when a login is needed; empty: the tool keeps it to itself
}

const login = "credential-idcs login work"

var tools = []tool{
	{
		name: "go", program: "go", offers: "Bearer", told: login,
		packages: func(t *testing.T) func(string) http.Handler {
			return files(t, func(t *testing.T, _ string) helpertest.Files { return helpertest.GoModule(t, "example.com/dep", "/") })
		},
		prepare: func(s *stage) {
			s.Tools = append(s.Tools, "GOPROXY="+s.registry.URL, "GOSUMDB=off", "GOTOOLCHAIN=local", "GOTELEMETRY=off",
				"GOFLAGS=-modcacherw") // else only root can remove it
			// Telemetry is written behind go's back, and might come after the test's end.
			s.Put(".config/go/telemetry/mode", "off")
		},
		fetch: []string{"go", "mod", "download", "-x", "example.com/dep@v1.0.0"},
		kept:  []string{"go"},
	},
	{
		name: "cargo", program: "cargo", offers: "Bearer", told: login,
		packages: func(t *testing.T) func(string) http.Handler { return files(t, helpertest.Crate) },
		prepare: func(s *stage) {
			s.Tools = append(s.Tools, "CARGO_HTTP_CAINFO="+s.Domain.CAFile, "CARGO_NET_RETRY=0", "CARGO_TERM_COLOR=never", "RUSTUP_HOME="+rustup())
			s.Put(".cargo/config.toml", "# mine\n[registries.private]\nindex = \"sparse+"+s.registry.URL+"/index/\"\n")
			s.Put("project/Cargo.toml", "[package]\nname = \"top\"\nversion = \"1.0.0\"\nedition = \"2021\"\n[dependencies]\ndep = { version = \"1\", registry = \"private\" }\n")
			s.Put("project/src/lib.rs", "")
		},
		fetch: []string{"cargo", "fetch", "--manifest-path", "project/Cargo.toml"},
		kept:  []string{".cargo/registry"},
	},
	{
		name: "terraform", program: "terraform", named: true, offers: "Bearer", told: login,
		packages: terraformModule, prepare: terraformProject,
		fetch: []string{"terraform", "-chdir=project", "get", "-no-color"},
		kept:  []string{"project/.terraform"},
	},
	{
		name: "tofu", program: "tofu", named: true, offers: "Bearer", told: login,
		packages: terraformModule, prepare: terraformProject,
		fetch: []string{"tofu", "-chdir=project", "get", "-no-color"},
		kept:  []string{"project/.terraform"},
	},
	{
		name: "pip", program: "python3", offers: "Basic", told: login,
		packages: func(t *testing.T) func(string) http.Handler {
			return files(t, func(t *testing.T, _ string) helpertest.Files { return helpertest.Wheel(t) })
		},
		prepare: func(s *stage) {
			s.Tools = append(s.Tools, "PIP_CERT="+s.Domain.CAFile, "PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_NO_CACHE_DIR=1", "PIP_RETRIES=0", "PIP_NO_INPUT=1")
			s.Put(".config/pip/pip.conf", "# mine\n[global]\nindex-url = "+strings.Replace(s.registry.URL, "//", "//oauth2@", 1)+"/simple/\n")
			need.Python(s.T)
		},
		fetch: []string{"python3", "-m", "pip", "download", "dep==1.0.0", "--no-deps", "--dest", "out"},
		kept:  []string{"out"},
	},
	pnpm("pnpm"),
	pnpm("pnpm-12"),
}

// pnpm is one of its releases: 12 was written anew.
func pnpm(program string) tool {
	return tool{
		name: "pnpm", program: program, offers: "Bearer",
		packages: func(t *testing.T) func(string) http.Handler { return files(t, helpertest.NpmPackage) },
		prepare: func(s *stage) {
			s.Tools = append(s.Tools, "CI=true", "NODE_EXTRA_CA_CERTS="+s.Domain.CAFile)
			s.Put(".npmrc", "; mine\nregistry="+s.registry.URL+"/\ncafile="+s.Domain.CAFile+"\nfetch-retries=0\n")
			s.Put("project/package.json", `{"name":"top","version":"1.0.0","dependencies":{"dep":"1.0.0"}}`)
		},
		fetch: []string{program, "--dir", "project", "install", "--store-dir", "store"},
		kept:  []string{"project/store", "project/node_modules", "project/pnpm-lock.yaml", ".cache/pnpm"},
	}
}

func terraformModule(t *testing.T) func(string) http.Handler {
	return func(string) http.Handler { return helpertest.TerraformModule(t, name) }
}

func terraformProject(s *stage) {
	s.Tools = append(s.Tools, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "TF_LOG=warn")
	s.Put("project/main.tf", fmt.Sprintf("module \"m\" {\n  source  = %q\n  version = \"1.0.0\"\n}\n", name+"/team/mod/test"))
}

// rustup is where the real cargo is, if the one on PATH is rustup's.
func rustup() string {
	if dir := os.Getenv("RUSTUP_HOME"); dir != "" {
		return dir
	}
	home, _ := os.UserHomeDir()
	return filepath.Join(home, ".rustup")
}

// Each tool, set up by configure alone: it gets in; it gets in again after the token has expired, which
// costs one refresh; after a logout it doesn't, and neither does it once that is taken back.
func TestConfiguredToolsGetIn(t *testing.T) {
	for _, c := range tools {
		t.Run(c.program, func(t *testing.T) {
			need.Tool(t, c.program)
			s := set(t, c.named, c.packages(t), c.offers)
			c.prepare(s)

			fails := func(why string) string {
				t.Helper()
				s.clear(c.kept...)
				said, err := s.Try(c.fetch...)
				if err == nil {
					t.Errorf("%s, and it gets in: %s", why, said)
				}
				return said
			}
			fails("nothing is configured")
			if n := s.registry.Tally().Accepted; n > 0 {
				t.Fatalf("nothing is configured, and %d requests were let in", n)
			}

			s.configure(c.name)
			if said := s.Works("credential-idcs", "configure", c.name); !strings.Contains(said, "already set up, nothing changed") {
				t.Errorf("twice: %s", said)
			}
			if said, _ := s.Try("credential-idcs", "doctor", "--offline"); !strings.Contains(said, "ok       "+c.name+" uses credential-idcs for ") {
				t.Errorf("doctor: %s", said)
			}
			s.clear(c.kept...)
			s.Works(c.fetch...)
			tally := s.registry.Tally()
			if tally.Accepted == 0 || tally.User != s.Domain.User.Name || tally.Scheme != c.offers {
				t.Errorf("the registry saw %+v", tally)
			}

			s.Expire()
			before := s.Domain.Posts(idcstest.Refresh)
			s.clear(c.kept...)
			s.Works(c.fetch...)
			if n := s.Domain.Posts(idcstest.Refresh) - before; n != 1 {
				t.Errorf("%d refreshes, want 1", n)
			}
			if now := s.registry.Tally(); now.Accepted <= tally.Accepted || now.Refused > 0 {
				t.Errorf("the registry saw %+v, then %+v", tally, now)
			}
			s.Chain()

			if r := s.Do(machine.Logout); r.Exit != 0 {
				t.Errorf("%s", r)
			}
			if said := fails("nobody is logged in"); !strings.Contains(said, c.told) {
				t.Errorf("a person isn't told %q: %s", c.told, said)
			}
			s.Login()
			s.Works("credential-idcs", "unconfigure", c.name)
			tally = s.registry.Tally()
			fails("it is unconfigured")
			if now := s.registry.Tally(); now.Accepted > tally.Accepted {
				t.Errorf("unconfigured, the registry saw %+v, then %+v", tally, now)
			}
		})
	}
}
