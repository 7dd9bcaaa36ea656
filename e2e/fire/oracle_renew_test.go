//go:build linux

package fire

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/oci/ocitest"
)

// A renewal that fails does no harm while the session lives: all is served, status and doctor tell of it, and it isn't
// tried again by each call. Once the session ends a person is told the command. ~/.oci stays as it is throughout.
func TestARefusedRenewalCostsNothing(t *testing.T) {
	const auth = "auth.us-ashburn-1.oraclecloud.com"
	for _, tt := range []struct {
		fault ocitest.Fault
		said  string
	}{
		{ocitest.Fault{Status: 401, Body: `{"code":"NotAuthenticated","message":"canary"}`}, auth + " refused the signature (401 NotAuthenticated)"},
		{ocitest.Fault{Status: 403, Body: `{"code":"NotAuthorizedOrNotFound","message":"canary"}`}, auth + ": not allowed (403; opc-request-id "},
		{ocitest.Fault{Status: 404, Body: `<html>canary`}, auth + " refused the request (404; opc-request-id "},
		{ocitest.Fault{Status: 500, Body: `canary`}, auth + " can't answer now (500 Internal Server Error; opc-request-id "},
		{ocitest.Fault{Status: 200, Body: `{"canary":"canary"}`}, auth + " answered without a token"},
		{ocitest.Fault{Status: 302, Header: map[string][]string{"Location": {"https://iad.ocir.io/20180419/docker/token"}}}, auth + " redirects (302"},
		{ocitest.Fault{Do: ocitest.Reset}, auth + ": the request was sent, but no whole answer came"},
		{ocitest.Fault{Do: ocitest.Cut}, auth + ": the request was sent, but no whole answer came"},
		{ocitest.Fault{Do: ocitest.Stall}, auth + ": the request was sent, but no whole answer came"},
	} {
		t.Run(fmt.Sprint(tt.fault.Status, tt.fault.Do), func(t *testing.T) {
			t.Parallel()
			var s *oracleScene
			lives := func(since time.Duration) {
				t.Helper()
				token := s.oracle.IssueFor(ocitest.User, &s.home.Key.PublicKey, time.Now().Add(-since), time.Hour)
				if err := s.oracle.WriteToken(s.home, token); err != nil {
					t.Fatal(err)
				}
			}
			tt.fault.On = "renew"
			var before string
			var begun time.Time
			var first machine.Result
			for range 5 {
				s = principal(t, "session")
				lives(40 * time.Minute)
				before = s.oci()
				s.oracle.Script(tt.fault)
				begun = time.Now()
				first = s.Do(pull)
				if s.oracle.Count("renew") > 0 { // else the connection took longer than its 1 s on a machine with much to do
					break
				}
			}
			s.secret(first)
			for _, r := range s.Crowd(pull, oke, pull, oke) {
				if r.Exit != 0 || r.Stderr != "" || strings.Contains(r.Stdout, "canary") {
					t.Errorf("%s", r)
				}
			}
			if first.Stderr != "" {
				t.Errorf("%s", first)
			}
			renewals := s.oracle.Count("renew") // the pause of the first may be over on a machine with much to do
			if most := 1 + int(time.Since(begun)/shortest); renewals < 1 || renewals > most {
				t.Errorf("%d renewals, want 1, and no more than %d by now", renewals, most)
			}
			r := s.Do(machine.Status)
			var rows []struct {
				State     string `json:"state"`
				LastError *struct {
					Description string `json:"description"`
				} `json:"last_error"`
			}
			if err := json.Unmarshal([]byte(r.Stdout), &rows); err != nil || len(rows) != 1 || rows[0].State != "fresh" ||
				rows[0].LastError == nil || !strings.Contains(rows[0].LastError.Description, tt.said) {
				t.Errorf("status: %v, %s, want %s", err, r.Stdout, tt.said)
			}
			r = s.Do(machine.Call{Name: machine.People, Args: []string{"doctor", "work", "--offline"}})
			if !strings.Contains(r.Stdout+r.Stderr, "the OCI session wasn't renewed at ") || !strings.Contains(r.Stdout+r.Stderr, tt.said) || strings.Contains(r.Stdout, "canary") {
				t.Errorf("doctor: %s\n%s", r, r.Stdout)
			}
			if now := s.oci(); now != before {
				t.Errorf("~/.oci was\n%sand is\n%s", before, now)
			}

			lives(2 * time.Hour) // it has ended
			before = s.oci()
			s.secret(s.Do(pull)) // what was derived lives on
			doctor := machine.Call{Name: machine.People, Args: []string{"doctor", "work", "--offline"}}
			if r := s.Do(doctor); r.Exit != 0 || !strings.Contains(r.Stdout, "warning  profile work: login needed, the OCI session work of ~/.oci/config ended at ") {
				t.Errorf("doctor: %s\n%s", r, r.Stdout)
			}
			forget := s.Do(machine.Call{Name: machine.People, Args: []string{"logout", "work"}})
			if forget.Exit != 0 {
				t.Errorf("%s", forget)
			}
			if r := s.Do(doctor); r.Exit != 1 || !strings.Contains(r.Stdout, "error    profile work: login needed, the OCI session work of ~/.oci/config ended at ") {
				t.Errorf("doctor: %s\n%s", r, r.Stdout)
			}
			for _, c := range []machine.Call{pull, oke} {
				r := s.Do(c)
				if r.Exit != r.Status(3) || !strings.HasPrefix(r.Stderr, "credential-idcs: profile work: login needed, the OCI session work of ~/.oci/config ended at ") ||
					!strings.HasSuffix(r.Stderr, "\n\toci session authenticate --profile-name work --region us-ashburn-1\n") {
					t.Errorf("%s", r)
				}
			}
			if now := s.oci(); now != before {
				t.Errorf("~/.oci was\n%sand is\n%s", before, now)
			}
			if n := s.oracle.Count("renew"); n != renewals {
				t.Errorf("%d renewals after the session's end", n-renewals)
			}
			s.scan()
		})
	}
}

// oci is what is below ~/.oci, with what shows a change.
func (s *oracleScene) oci() string {
	s.Helper()
	var b strings.Builder
	err := filepath.WalkDir(filepath.Join(s.Home, ".oci"), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		st, err := d.Info()
		if err != nil {
			return err
		}
		fmt.Fprintln(&b, path, st.Mode(), st.Size(), st.ModTime())
		if d.IsDir() {
			return nil
		}
		content, err := os.ReadFile(path)
		fmt.Fprintf(&b, "%s\n", content)
		return err
	})
	if err != nil {
		s.Fatal(err)
	}
	return b.String()
}
