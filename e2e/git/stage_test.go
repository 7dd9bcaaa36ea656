//go:build linux

package git

import (
	"os"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/machine"
	"github.com/credential-idcs/credential-idcs/e2e/servers"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

var program machine.Program

func TestMain(m *testing.M) { os.Exit(machine.Main(m, &program)) }

// A stage is a person's machine, logged in at a domain, and a server there that takes the domain's
// tokens.
type stage struct {
	*testing.T
	*machine.Machine
	server *servers.Server
}

// set makes a machine whose one target is the server that start starts with a certificate of the
// domain's authority.
func set(t *testing.T, start func(*idcstest.Server) (*servers.Server, error)) *stage {
	t.Helper()
	domain := idcstest.Start(t, idcstest.Options{})
	server, err := start(domain)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	s := &stage{T: t, Machine: machine.New(t, program, domain, machine.Person, server.URL), server: server}
	s.Login()
	return s
}
