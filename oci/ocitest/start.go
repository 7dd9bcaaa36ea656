package ocitest

import (
	"strings"

	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// Start is New for a test: oci-ca.pem lies in a temporary folder, the end of the test closes the
// double, and a test that failed prints what was refused and why.
func Start(t idcstest.TB, o Options) *Server {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	s, err := New(o)
	if err != nil {
		t.Fatalf("ocitest: %v", err)
	}
	t.Cleanup(func() {
		t.Helper()
		if err := s.Close(); err != nil {
			t.Errorf("ocitest: %v", err)
		}
		if t.Failed() {
			t.Logf("refused:\n%s\ntunnels: %v", strings.Join(s.Refusals(), "\n"), s.Tunnels())
		}
	})
	return s
}
