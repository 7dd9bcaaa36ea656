//go:build linux

package clients

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

var program machine.Program

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "clients")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		if program, err = machine.Build(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

// A stage is a person's machine with a domain that they have logged in to, for a time.
type stage struct {
	*testing.T
	*machine.Machine
	env []string // of other people's programs
}

// set makes a machine whose profile is for target, an origin. serve starts the server there, with
// what the domain says about a token.
func set(t *testing.T, serve func(*idcstest.Server, func(string) (string, error)) (target string)) *stage {
	t.Helper()
	domain := idcstest.Start(t, idcstest.Options{})
	target := serve(domain, func(token string) (string, error) {
		claims, err := domain.Verify(token)
		if err == nil && claims.Type != "AT" {
			err = fmt.Errorf("a token of type %s", claims.Type)
		}
		return claims.Subject, err
	})
	s := &stage{T: t, Machine: machine.New(t, program, domain, machine.Person)}
	s.Write("config.toml", fmt.Sprintf(`[profiles.work]
domain = %q
ca_file = %q
client_id = %q
login = "refresh_token"
scope = %q
targets = [%q]
[profiles.work.client]
secret_file = "client.secret"
`, domain.URL(), domain.CAFile, domain.SecretClient.ID, machine.Scope, target))
	s.env = []string{
		"HOME=" + s.Home, "PATH=" + string(program) + ":" + os.Getenv("PATH"), "LC_ALL=C",
		"SSL_CERT_FILE=" + domain.CAFile, // what is written in Go trusts the authority by this
	}
	s.Login()
	return s
}

// patience is how long another program may run: one that never ends is a failure, with what it said.
const patience = 20 * time.Second

// run runs a program in the home folder and returns all that it says.
func (s *stage) run(words ...string) (said string, err error) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Env, cmd.Dir = s.env, s.Home
	cmd.WaitDelay = time.Second // for what it has started
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	return out.String(), err
}

// works runs a program that has to succeed.
func (s *stage) works(words ...string) string {
	s.Helper()
	said, err := s.run(words...)
	if err != nil {
		s.Errorf("%s: %v\n%s", strings.Join(words, " "), err, said)
	}
	return said
}

// file writes a file below the home folder and returns its path.
func (s *stage) file(name, content string) string {
	s.Helper()
	path := filepath.Join(s.Home, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		s.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		s.Fatal(err)
	}
	return path
}

// configure adds lines to the configuration.
func (s *stage) configure(lines string) {
	s.Helper()
	const name = ".config/credential-idcs/config.toml"
	now, err := os.ReadFile(filepath.Join(s.Home, name))
	if err != nil {
		s.Fatal(err)
	}
	s.file(name, string(now)+lines)
}
