//go:build linux

package fire

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
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
	for _, tt := range []struct {
		name, principal string
		call            machine.Call
		chain           map[string]int // of requests
	}{
		{"a registry by a session", "session", pull, map[string]int{"registry": 1}},
		{"a registry by an instance", "instance", pull, map[string]int{"registry": 1, "x509": 1, "metadata": 4}},
		{"a registry by a pod", "workload", pull, map[string]int{"registry": 1, "workload": 1}},
		{"a registry by an exchange", "exchange", pull, map[string]int{"registry": 1, idcstest.Exchange: 1, idcstest.ClientCredentials: 1}},
		{"a cluster by a session", "session", oke, nil},
		{"a cluster by an instance", "instance", oke, map[string]int{"x509": 1, "metadata": 4}},
		{"the domain by an instance", "instance", clone, map[string]int{"x509": 1, "metadata": 4, idcstest.Exchange: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var domain *idcstest.Options
			if tt.principal == "exchange" || tt.call.Name == clone.Name {
				domain = &idcstest.Options{}
			}
			s := principalOf(t, tt.principal, ocitest.Options{}, domain)
			size := 256
			if testing.Short() {
				size = 48
			}
			results := s.Crowd(slices.Repeat([]machine.Call{tt.call}, size)...)
			for n := 0; n < 5 && strings.Contains(results[0].Stderr, noInstance); n++ { // the machine was too slow
				s = principalOf(t, tt.principal, ocitest.Options{}, domain)
				results = s.Crowd(slices.Repeat([]machine.Call{tt.call}, size)...)
			}
			first := ""
			for _, r := range results {
				if first == "" {
					first = r.Secret()
				}
				if r.Exit != 0 || r.Secret() == "" || r.Secret() != first {
					t.Errorf("no token, or another one: %s", r)
				}
			}
			all := map[string]int{}
			for _, q := range s.oracle.Requests() {
				all[q.Name]++
			}
			if s.domain != nil {
				for _, grant := range []string{idcstest.Exchange, idcstest.ClientCredentials} {
					if n := s.domain.Posts(grant); n > 0 {
						all[grant] = n
					}
				}
			}
			if !maps.Equal(all, tt.chain) {
				t.Errorf("the requests were %v, want %v", all, tt.chain)
			}
			if tt.principal == "session" || tt.principal == "instance" {
				s.scan()
			}
		})
	}
}

// A failure, too, is shared by all who waited for it.
func TestARefusalIsSharedByACrowd(t *testing.T) {
	s := principal(t, "session")
	s.oracle.Script(ocitest.Fault{On: "registry", Status: 403})
	want := regexp.MustCompile("^profile work: iad[.]ocir[.]io: not allowed ")
	for _, r := range s.Crowd(slices.Repeat([]machine.Call{pull}, 64)...) {
		s.says(r, 5, want, "credential-idcs doctor work")
	}
	if n := s.oracle.Count("registry"); n != 1 {
		t.Errorf("%d requests, want 1", n)
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
			s.secret(s.patiently(pull))
			if got := s.oracle.Count("registry") - before; got != 1 {
				t.Errorf("%d requests for the token, want 1", got)
			}
			s.secret(s.Do(pull))
			if got := s.oracle.Count("registry") - before; got != 1 {
				t.Errorf("the token wasn't stored: %d requests", got)
			}
			if r := s.patiently(oke); r.Exit != 0 {
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
