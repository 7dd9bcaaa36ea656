//go:build linux

package tools

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/internal/helpertest"
)

// What has no protocol takes the token from `credential-idcs token`, as the README has it.

func TestCurlGetsIn(t *testing.T) {
	need.Tool(t, "curl")
	need.Tool(t, "bash")
	s := set(t, false, files(t, func(*testing.T, string) helpertest.Files { return helpertest.Files{"/api": `{"ok":true}`} }), "Bearer")
	curl := func() (string, error) {
		return s.Try("bash", "-c", "curl --silent --show-error --fail --cacert "+s.Domain.CAFile+" -H @<(credential-idcs token --header) "+s.registry.URL+"/api")
	}
	if said, err := curl(); err != nil || said != `{"ok":true}` {
		t.Errorf("%v, %s", err, said)
	}
	s.Expire()
	if said, err := curl(); err != nil || said != `{"ok":true}` {
		t.Errorf("after the token has expired: %v, %s", err, said)
	}
	if tally := s.registry.Tally(); tally.Accepted != 2 || tally.Anonymous+tally.Refused > 0 || tally.User != s.Domain.User.Name {
		t.Errorf("the server saw %+v", tally)
	}
	s.Do(machine.Logout)
	if said, err := curl(); err == nil || !strings.Contains(said, "credential-idcs: profile work: login needed, nothing is stored yet\n\tcredential-idcs login work\n") {
		t.Errorf("%v, %s", err, said)
	}
}

// --json is one object on one line; --id-token is what the domain calls one.
func TestTokenForScripts(t *testing.T) {
	s := set(t, false, files(t, func(*testing.T, string) helpertest.Files { return nil }), "Bearer")
	var got struct {
		Access  string    `json:"access_token"`
		Type    string    `json:"token_type"`
		Expires time.Time `json:"expires_at"`
		ID      string    `json:"id_token"`
	}
	read := func(words ...string) {
		t.Helper()
		r := s.Do(machine.Call{Name: machine.People, Args: append([]string{"token", "work"}, words...)})
		d := json.NewDecoder(strings.NewReader(r.Stdout))
		d.DisallowUnknownFields()
		if err := d.Decode(&got); r.Exit != 0 || err != nil || strings.Count(r.Stdout, "\n") != 1 {
			t.Fatalf("%v, %s", err, r)
		}
	}
	read("--json")
	user, err := s.Domain.Access(got.Access)
	if err != nil || user != s.Domain.User.Name || got.Type != "Bearer" || got.ID != "" {
		t.Errorf("%v, for %s, type %s, ID token %t", err, user, got.Type, got.ID != "")
	}
	if claims, err := s.Domain.Verify(got.Access); err != nil || got.Expires.After(claims.Expires) || !got.Expires.After(s.Domain.Now()) {
		t.Errorf("expires %v, the token %v (%v)", got.Expires, claims.Expires, err)
	}
	// Without openid in the scope there is none, and no access token stands in for it.
	if r := s.Do(machine.Call{Name: machine.People, Args: []string{"token", "work", "--id-token"}}); r.Exit != 5 || r.Stdout != "" {
		t.Errorf("without openid: %s", r)
	}
	s.Profile.Scope = machine.Scope + " openid"
	s.Configure()
	s.Login()
	read("--json", "--id-token")
	if claims, err := s.Domain.Verify(got.ID); err != nil || claims.Type != "IT" || claims.Subject != s.Domain.User.Name {
		t.Errorf("%v, %+v", err, claims)
	}
	r := s.Do(machine.Call{Name: machine.People, Args: []string{"token", "work", "--id-token"}})
	if r.Exit != 0 || strings.TrimSuffix(r.Stdout, "\n") != got.ID {
		t.Errorf("%s", r)
	}
}

// npm has no helper: the token comes by a variable, and npm is not disturbed by what pnpm is told.
func TestNpmGetsIn(t *testing.T) {
	need.Tool(t, "npm")
	need.Tool(t, "sh")
	s := set(t, false, files(t, helpertest.NpmPackage), "Bearer")
	s.Tools = append(s.Tools, "NODE_EXTRA_CA_CERTS="+s.Domain.CAFile, "npm_config_update_notifier=false", "npm_config_fetch_retries=0")
	s.Put(".npmrc", "registry="+s.registry.URL+"/\ncafile="+s.Domain.CAFile+"\n//"+s.registry.Host+"/:_authToken=${NPM_TOKEN}\n")
	s.configure("pnpm")
	const view = "npm view dep version"
	if said := s.Works("sh", "-c", "NPM_TOKEN=$(credential-idcs token) "+view); !strings.Contains(said, "1.0.0") {
		t.Errorf("%s", said)
	}
	if tally := s.registry.Tally(); tally.Accepted == 0 || tally.Refused > 0 {
		t.Errorf("the registry saw %+v", tally)
	}
	if said, err := s.Try("sh", "-c", "NPM_TOKEN= "+view); err == nil {
		t.Errorf("without a token: %s", said)
	}
}
