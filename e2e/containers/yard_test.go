//go:build linux

package containers

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/e2e/rig/servers"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

var program machine.Program

func TestMain(m *testing.M) { os.Exit(machine.Main(m, &program)) }

// A yard is a domain and a registry that takes its access tokens.
type yard struct {
	*idcstest.Server
	registry *servers.Server
}

// The names of the registry, and of another one that is nobody's target.
const (
	ours   = "registry.test"
	others = "others.test"
)

func open(t *testing.T) *yard {
	t.Helper()
	y := &yard{Server: idcstest.Start(t, idcstest.Options{})}
	y.registry = y.serve(t, ours, y.Access)
	return y
}

// serve runs a registry. Without a check it is a public one.
func (y *yard) serve(t *testing.T, name string, check servers.Check) *servers.Server {
	t.Helper()
	need.Tool(t, "docker-registry")
	cert, err := y.CA.Issue(name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := servers.Distribution(t.Context(), cert, check, name, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// engine runs a docker engine that finds the registries and trusts the domain's authority.
func (y *yard) engine(t *testing.T) *servers.Engine {
	t.Helper()
	return engineThat(t, "env", "SSL_CERT_FILE="+y.CAFile)
}

// engineThat runs a docker engine under a command that becomes it.
func engineThat(t *testing.T, command ...string) *servers.Engine {
	t.Helper()
	need.Tool(t, "dockerd")
	need.Tool(t, "docker")
	if os.Geteuid() != 0 {
		t.Skip("dockerd needs root")
	}
	under := machine.Names(t, filepath.Join(t.TempDir(), "hosts"), ours, others)
	e, err := servers.StartEngine(t.Context(), append(under, command...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// A person has a machine in the yard and is logged in at the domain.
type person struct {
	*testing.T
	*machine.Machine
}

// enter makes a machine whose one target is the registry. In what its person types, $HOST is the
// registry and $IMAGE its image.
func (y *yard) enter(t *testing.T) *person {
	t.Helper()
	p := &person{T: t, Machine: machine.New(t, program, y.Server, machine.Person, y.registry.URL)}
	p.Names(ours, others)
	p.Tools = append(p.Tools,
		"HOST="+y.registry.Host, "IMAGE="+y.registry.Host+"/"+servers.Image,
		// What podman and its relatives otherwise do below /run and /var.
		"XDG_RUNTIME_DIR="+filepath.Dir(p.Put(".run/here", "")), "CONTAINERS_STORAGE_CONF="+p.Put("storage.conf",
			"[storage]\ndriver = \"vfs\"\ngraphroot = \""+p.Home+"/storage\"\nrunroot = \""+p.Home+"/.run/storage\"\n"))
	p.Put(".config/containers/policy.json", `{"default": [{"type": "insecureAcceptAnything"}]}`)
	// An image's folders are read-only, and only root may remove what is in them all the same.
	t.Cleanup(func() { _, _ = p.Try("chmod", "--recursive", "--quiet", "u+w", "storage") })
	p.Login()
	return p
}
