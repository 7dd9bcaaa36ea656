//go:build linux

package fire

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
	"github.com/credential-idcs/credential-idcs/oci/ocitest"
)

// An eavesdropper is an http server that nobody should come to.
func eavesdropper(t *testing.T) (url string, heard *atomic.Int32) {
	t.Helper()
	heard = new(atomic.Int32)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		heard.Add(1)
		_, _ = w.Write([]byte(`{"token":"x"}`))
	}))
	t.Cleanup(s.Close)
	return s.URL, heard
}

// No endpoint of Oracle's leads a request elsewhere by a redirect, be it to itself.
func TestOracleRedirects(t *testing.T) {
	const id = `(; opc-request-id [0-9a-f]{32})?`
	for _, tt := range []struct{ on, principal, said string }{
		{"registry", "api_key", `iad\.ocir\.io redirects \(%d` + id + `\)`},
		{"x509", "instance", `auth\.us-ashburn-1\.oraclecloud\.com redirects \(%d` + id + `\)`},
		{"metadata", "instance", `the metadata service redirects \(%d` + id + `\)`},
		{"workload", "workload", `127\.0\.0\.1:\d+ redirects \(%d` + id + `\)`},
		{idcstest.Exchange, "exchange", `the domain refused the exchange \(%d\)`},
	} {
		t.Run(tt.on, func(t *testing.T) {
			t.Parallel()
			elsewhere, heard := eavesdropper(t)
			var domain *idcstest.Options
			if tt.principal == "exchange" {
				domain = &idcstest.Options{}
			}
			s := principalOf(t, tt.principal, ocitest.Options{}, domain)
			call := machine.Call{Name: machine.People, Args: []string{"token", "work", "--target", "https://iad.ocir.io"}}
			for _, r := range []struct {
				status int
				to     string
			}{
				{301, elsewhere + "/x"}, {302, "https://evil.example/x"}, {303, "https://iad.ocir.io/20180419/docker/token"},
				{307, elsewhere + "/x"}, {307, "/other"}, {308, elsewhere + "/x"}, {308, ""},
			} {
				status, to := r.status, r.to
				header := http.Header{"Location": {to}}
				if to == "" {
					header = nil
				}
				if err := os.RemoveAll(s.Cache); err != nil { // a failure is remembered there
					t.Fatal(err)
				}
				before := len(s.oracle.Requests())
				if s.domain != nil {
					s.domain.Unscript()
					s.domain.Script(idcstest.Fault{On: tt.on, At: idcstest.BeforeRotation, Status: status, Header: header})
				} else {
					s.oracle.Unscript()
					s.oracle.Script(ocitest.Fault{On: tt.on, Status: status, Header: header})
				}
				s.says(s.Do(call), 5, regexp.MustCompile(`^profile work: `+fmt.Sprintf(tt.said, status)+`$`), "credential-idcs doctor work")
				asked := 0
				for _, q := range s.oracle.Requests()[before:] {
					if q.Name == tt.on {
						asked++
					}
					if q.Name == "other" {
						t.Errorf("%d to %q: %s %s was asked", status, to, q.Host, q.Target)
					}
				}
				if s.domain == nil && asked != 1 {
					t.Errorf("%d to %q: %d requests, want 1", status, to, asked)
				}
			}
			for _, to := range s.oracle.Tunnels() {
				if strings.Contains(to, "evil") {
					t.Errorf("a way to %s was asked for", to)
				}
			}
			if n := heard.Load(); n != 0 {
				t.Errorf("%d requests came elsewhere", n)
			}
		})
	}
}
