package hostile

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

var program machine.Program

func TestMain(m *testing.M) {
	machine.SideBySide()
	os.Exit(machine.Main(m, &program))
}

// room is a machine that is logged in, and whose targets are those of the corpora.
func room(t *testing.T, targets ...string) (m *machine.Machine, token string) {
	t.Helper()
	m = machine.New(t, program, idcstest.Start(t, idcstest.Options{}), machine.Alone)
	configured(t, m, func(toml string) string {
		return strings.Replace(toml, `"https://`+machine.GitHost+`"`, `"https://`+strings.Join(targets, `", "https://`)+`"`, 1)
	})
	m.Login()
	return m, m.Stored().Access
}

// configured changes the configuration.
func configured(t *testing.T, m *machine.Machine, change func(toml string) string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(m.Home, ".config/credential-idcs/config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	m.Write("config.toml", change(string(b)))
}

// A corpus is one of a fuzz target, and how its values become a call. served are those inputs that are
// no attack, or one on somebody else.
type corpus struct {
	folder string // below helpers
	call   func(values []string) machine.Call
	served []string
}

func stdin(name string, args ...string) func([]string) machine.Call {
	return func(v []string) machine.Call { return machine.Call{Name: name, Args: args, Stdin: v[0]} }
}

var corpora = []corpus{
	{"git/testdata/fuzz/FuzzGet", stdin("git-credential-idcs", "get"), []string{"bad-state", "bearer", "capital-port", "crlf", "dots", "terminal"}},
	{"docker/testdata/fuzz/FuzzGet", stdin("docker-credential-idcs", "get"), []string{"capital-port"}},
	{"bazel/testdata/fuzz/FuzzGet", stdin("bazel-credential-idcs", "get"), []string{"capital-port"}},
	{"cargo/testdata/fuzz/FuzzSession", stdin("cargo-credential-idcs", "--cargo-plugin"), []string{"capital-port"}},
	{"kubelet/testdata/fuzz/FuzzRequest", stdin("credential-idcs", "kubelet"), []string{"capital-port"}},
	{"terraform/testdata/fuzz/FuzzGet", func(v []string) machine.Call {
		return machine.Call{Name: "terraform-credentials-idcs", Args: []string{"get", v[0]}}
	}, []string{"capital-port"}},
	{"keyring/testdata/fuzz/FuzzGet", func(v []string) machine.Call {
		return machine.Call{Name: "credential-idcs", Args: []string{"keyring", "get", v[0], strings.Replace(v[1], "ana", "oauth2", 1)}}
	}, []string{"capital-port"}},
	{"goauth/testdata/fuzz/FuzzOne", func(v []string) machine.Call {
		return machine.Call{Name: "credential-idcs", Args: []string{"goauth", v[0]}, Stdin: v[1]}
	}, []string{"capital-port"}},
	{"kubectl/testdata/fuzz/FuzzInfo", func(v []string) machine.Call {
		return machine.Call{Name: "credential-idcs", Args: []string{"kubectl"}, Env: []string{"KUBERNETES_EXEC_INFO=" + v[0]}}
	}, []string{"capital-port"}},
}

// values are those of a file of a corpus, as package testing writes it.
func values(t *testing.T, path string) []string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	if lines[0] != "go test fuzz v1" {
		t.Fatalf("%s is no corpus file", path)
	}
	var all []string
	for _, line := range lines[1:] {
		s, err := strconv.Unquote(line[strings.IndexByte(line, '(')+1 : len(line)-1])
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all = append(all, s)
	}
	return all
}

// What the fuzz targets try in process, the program itself withstands: a token goes to what is listed, no
// input is repeated, and nothing ends by a signal.
func TestCorpora(t *testing.T) {
	m, token := room(t, "git.example.com", "registry.example.com", "k8s.example.com", "k8s.example.com:6443")
	tried := 0
	for _, c := range corpora {
		files, err := filepath.Glob(filepath.Join("../../helpers", c.folder, "*"))
		if err != nil || len(files) < 5 {
			t.Fatalf("%s: %d files, %v", c.folder, len(files), err)
		}
		for _, file := range files {
			call := c.call(values(t, file))
			if slices.ContainsFunc(append(call.Args, call.Env...), func(s string) bool { return strings.Contains(s, "\x00") }) {
				continue // can't be an argument
			}
			r := m.Do(call)
			tried++
			served := strings.Contains(r.Stdout, token)
			if want := slices.Contains(c.served, filepath.Base(file)); served != want {
				t.Errorf("%s: a token %v, want %v: %s", file, served, want, r)
			}
			if r.Signal != 0 || r.Exit > 5 || strings.Contains(r.Stderr, token) || strings.ContainsAny(r.Stdout+r.Stderr, "\x1b\x00\r") {
				t.Errorf("%s: %s, stdout %q", file, r, r.Stdout)
			}
		}
	}
	if tried < 100 {
		t.Errorf("only %d inputs were tried", tried)
	}
	if n := m.Domain.Counts().Requests; n != 1 { // the login
		t.Errorf("the domain heard of it: %d requests", n)
	}
}
