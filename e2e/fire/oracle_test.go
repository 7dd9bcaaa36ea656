//go:build linux

package fire

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/oci/ocitest"
)

// secret is what docker was answered.
func (s *oracleScene) secret(r machine.Result) string {
	s.Helper()
	var answer struct{ Secret string }
	if r.Exit != 0 || json.Unmarshal([]byte(r.Stdout), &answer) != nil || answer.Secret == "" {
		s.Errorf("no token: %s", r)
	}
	return answer.Secret
}

// scan demands that no secret of Oracle's is in a file, and proves first that it would find one.
func (s *oracleScene) scan() {
	s.Helper()
	for _, secret := range s.oracle.Secrets() {
		planted := s.Put("planted", "x"+base64.StdEncoding.EncodeToString([]byte(secret)))
		if len(s.found()) == 0 {
			s.Errorf("the scan doesn't find %.12s…", secret)
		}
		if err := os.Remove(planted); err != nil {
			s.Fatal(err)
		}
	}
	for _, what := range s.found() {
		s.Error(what)
	}
}

// found are Oracle's secrets in all files but those of ~/.oci. A derived token is where it is stored.
func (s *oracleScene) found() (list []string) {
	s.Helper()
	err := filepath.WalkDir(s.Home, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() == ".oci" && d.IsDir() {
			if d != nil && d.IsDir() && err == nil {
				return fs.SkipDir
			}
			return err
		}
		if !d.Type().IsRegular() {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, secret := range s.oracle.Secrets() {
			for _, form := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret)), base64.URLEncoding.EncodeToString([]byte(secret))} {
				if strings.Contains(string(b), form) && !(filepath.Dir(path) == s.Cache && strings.HasSuffix(path, ".json") && s.derived(secret)) {
					list = append(list, fmt.Sprintf("%s holds a secret of Oracle's, %.12s…", path, secret))
				}
			}
		}
		return nil
	})
	if err != nil {
		s.Error(err)
	}
	return list
}

// derived reports whether a secret is a registry's token, which is what is stored.
func (s *oracleScene) derived(secret string) bool {
	payload := strings.Split(secret, ".")
	if len(payload) != 3 {
		return false
	}
	b, err := base64.RawURLEncoding.DecodeString(payload[1])
	return err == nil && strings.Contains(string(b), `"use":"registry"`)
}

// However many ask at once for the first token, Oracle is asked once, and all get the same.
func TestOracleIsAskedOnceByACrowd(t *testing.T) {
	for name, chain := range map[string]map[string]int{
		"session":  {"registry": 1},
		"instance": {"registry": 1, "x509": 1, "metadata": 4},
	} {
		t.Run(name, func(t *testing.T) {
			s := principal(t, name)
			calls := make([]machine.Call, 48)
			for i := range calls {
				calls[i] = pull
			}
			first := ""
			for _, r := range s.Crowd(calls...) {
				token := s.secret(r)
				if first == "" {
					first = token
				}
				if token != first {
					t.Errorf("another token: %s", r)
				}
			}
			for what, want := range chain {
				if got := s.oracle.Count(what); got != want {
					t.Errorf("%d requests of %s, want %d", got, what, want)
				}
			}
			s.scan()
		})
	}
}

// A process that is killed anywhere costs one more chain of requests, and no more: nothing of it can be
// lost, and nothing of a session is left.
func TestOracleAndAKilledProcess(t *testing.T) {
	for _, at := range []struct{ principal, name string }{
		{"session", "registry"}, {"instance", "registry"}, {"instance", "x509"}, {"instance", "metadata"},
	} {
		t.Run(at.principal+" at "+at.name, func(t *testing.T) {
			s := principal(t, at.principal)
			gate, reached := make(chan struct{}), make(chan struct{})
			s.oracle.Script(ocitest.Fault{On: at.name, Nth: 1, Gate: gate, Reached: reached})
			p := s.Start(pull)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			select {
			case <-reached:
			case <-ctx.Done():
				t.Fatal("nobody asks")
			}
			p.Signal(syscall.SIGKILL)
			p.Wait()
			close(gate)
			s.oracle.Unscript()
			before := s.oracle.Count("registry")
			s.secret(s.Do(pull))
			if got := s.oracle.Count("registry") - before; got != 1 {
				t.Errorf("%d requests for the token, want 1", got)
			}
			s.secret(s.Do(pull))
			if got := s.oracle.Count("registry") - before; got != 1 {
				t.Errorf("the token wasn't stored: %d requests", got)
			}
			if r := s.Do(oke); r.Exit != 0 {
				t.Errorf("the cluster: %s", r)
			}
			s.scan()
		})
	}
}

// While Oracle is down, what was derived is served to its end, and a crowd doesn't wait for it.
func TestOracleIsDown(t *testing.T) {
	s := principal(t, "session")
	first := s.secret(s.Do(pull))
	if err := s.oracle.Close(); err != nil {
		t.Fatal(err)
	}
	for _, r := range s.Crowd(pull, pull, pull, pull) {
		if s.secret(r) != first {
			t.Errorf("another token: %s", r)
		}
	}
	r := s.Do(machine.Call{Name: machine.People, Args: []string{"refresh", "work"}})
	if r.Exit != 4 || !strings.Contains(r.Stderr, "the proxy 127.0.0.1:") {
		t.Errorf("got %s", r)
	}
}
