//go:build linux

package fire

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/oci/ocitest"
)

// A registry's token has expired, and the one docker that asks for another is killed at it, beside a crowd of docker
// and kubectl: between them they ask once more, and each kind gets the same. So it is with sealed tokens.
func TestOneOfACrowdIsKilledAtARegistrysExpiry(t *testing.T) {
	for _, sealed := range []bool{false, true} {
		t.Run(fmt.Sprintf("sealed %v", sealed), func(t *testing.T) {
			s := principal(t, "session")
			if sealed {
				s.seal()
			}
			s.oracle.Script(ocitest.Fault{On: "registry", Status: 200, Body: `{"token":"short","expires_in":1}`})
			s.secret(s.Do(pull))
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			for s.state("ocir") != "expired" {
				if ctx.Err() != nil {
					t.Fatal("the token doesn't expire")
				}
			}
			gate, reached := make(chan struct{}), make(chan struct{})
			s.oracle.Unscript()
			s.oracle.Script(ocitest.Fault{On: "registry", Nth: 1, Gate: gate, Reached: reached})
			before := s.oracle.Count("registry")
			p := s.Start(pull)
			select {
			case <-reached:
			case <-ctx.Done():
				t.Fatal("nobody asks")
			}
			crowd := s.Barrier(slices.Concat(slices.Repeat([]machine.Call{pull}, 32), slices.Repeat([]machine.Call{oke}, 32))...)
			crowd.Open()
			p.Signal(syscall.SIGKILL)
			if r := p.Wait(); r.Stdout != "" {
				t.Errorf("killed, and yet %s", r)
			}
			close(gate)
			got := map[string]string{}
			for _, r := range crowd.Wait() {
				if first, ok := got[r.Call.Name]; r.Exit != 0 || r.Secret() == "" || r.Secret() == "short" || ok && first != r.Secret() {
					t.Errorf("no token, or another one: %s", r)
				}
				got[r.Call.Name] = r.Secret()
			}
			if n := s.oracle.Count("registry") - before; n != 2 {
				t.Errorf("%d requests, want that of the killed one and one more", n)
			}
			for name, secret := range got {
				if s.lies(secret) == sealed {
					t.Errorf("%s: the token lies in the clear: %v", name, !sealed)
				}
			}
		})
	}
}

// seal seals what is stored, and will be. The key goes with the test.
func (s *oracleScene) seal() {
	s.Helper()
	s.reword(filepath.Join(s.Home, ".config/credential-idcs/config.toml"), "[profiles.work]\n", "seal = \"kernel\"\n[profiles.work]\n")
	r := s.Do(machine.Call{Name: machine.People, Args: []string{"seal"}})
	if strings.Contains(r.Stderr, "keyctl is not permitted") {
		s.Skip(r.Stderr)
	}
	if r.Exit != 0 {
		s.Fatalf("%s", r)
	}
	s.Cleanup(func() { s.Do(machine.Call{Name: machine.People, Args: []string{"logout", "work"}}) })
}

// lies reports whether a file of the cache folder has a text in the clear.
func (s *oracleScene) lies(text string) bool {
	s.Helper()
	files, err := filepath.Glob(filepath.Join(s.Cache, "*.json"))
	if err != nil {
		s.Fatal(err)
	}
	return slices.ContainsFunc(files, func(name string) bool {
		b, err := os.ReadFile(name)
		if err != nil {
			s.Fatal(err)
		}
		return strings.Contains(string(b), text)
	})
}

// state is that of what was derived of a kind.
func (s *oracleScene) state(kind string) string {
	s.Helper()
	var rows []struct {
		Derived []struct{ Kind, State string }
	}
	r := s.Do(machine.Status)
	if err := json.Unmarshal([]byte(r.Stdout), &rows); err != nil || len(rows) != 1 {
		s.Fatalf("%v, %s", err, r)
	}
	for _, d := range rows[0].Derived {
		if d.Kind == kind {
			return d.State
		}
	}
	return ""
}
