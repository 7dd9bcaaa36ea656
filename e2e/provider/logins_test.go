//go:build linux

package provider_test

import (
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
)

// Each login that a provider knows, by each kind of client: it gives a token of the user, which is
// refreshed by a new one of the chain, until a logout revokes the whole grant.
func TestLogins(t *testing.T) {
	s := set(t)
	for _, test := range []struct{ login, client string }{
		{"browser", bySecret},
		{"browser", byKey},
		{"browser", public},
		// RFC 8628 3.1 wants the others to prove themselves at the device endpoint, where a domain
		// takes neither secret nor assertion; so does this provider, and a public client alone passes.
		{"device", public},
		{"assertion", byKey},
	} {
		t.Run(test.login+" "+test.client, func(t *testing.T) {
			s := &scene{T: t, Server: s.Server, ca: s.ca, key: s.key}
			m := s.home(test.client, test.login)
			before := s.Tally()
			if r := s.login(m, test.login); r.Exit != 0 {
				t.Fatalf("%s\n%v", r, s.Tally().Refused)
			}
			first := m.Do(machine.Git)
			m.Expire()
			second := m.Do(machine.Docker)
			if first.Exit != 0 || second.Exit != 0 || first.Secret() == second.Secret() {
				t.Errorf("%s, then, expired, %s", first, second)
			}
			for _, r := range []machine.Result{first, second} {
				if got := s.subject(r.Secret()); got != user {
					t.Errorf("the token is %q's", got)
				}
			}
			spent := m.Stored().Refresh
			if r := m.Do(machine.Logout); r.Exit != 0 {
				t.Errorf("%s", r)
			}
			after := s.Tally()
			if n := after.Granted["refresh_token"] - before.Granted["refresh_token"]; n != 1 {
				t.Errorf("%d refreshes, want 1", n)
			}
			if n := after.Revoked - before.Revoked; n != 1 {
				t.Errorf("%d grants revoked, want 1", n)
			}
			late := machine.Call{Name: machine.People, Args: []string{"login", "work", "--refresh-token-stdin"}, Stdin: spent + "\n"}
			if r := m.Do(late); r.Exit != 1 || !strings.Contains(r.Message(), "doesn't accept this refresh token") {
				t.Errorf("with the revoked refresh token: %s", r)
			}
		})
	}
}

// A program's own login: no user, no refresh token, and a new login whenever the token is spent.
func TestClientCredentials(t *testing.T) {
	s := set(t)
	for _, client := range []string{bySecret, byKey} {
		t.Run(client, func(t *testing.T) {
			s := &scene{T: t, Server: s.Server, ca: s.ca, key: s.key}
			m := s.home(client, "client_credentials")
			before := s.Tally()
			first := m.Do(machine.Git) // the helper logs in by itself
			m.Expire()
			second := m.Do(machine.Kubectl)
			if first.Exit != 0 || second.Exit != 0 || first.Secret() == second.Secret() {
				t.Errorf("%s, then, expired, %s", first, second)
			}
			if got := s.subject(second.Secret()); got != client {
				t.Errorf("the token is %q's", got)
			}
			if n := s.Tally().Granted["client_credentials"] - before.Granted["client_credentials"]; n != 2 {
				t.Errorf("%d logins, want 2", n)
			}
		})
	}
}

// A refresh token that was got elsewhere, on stdin. Login and refreshes are one chain: the token of
// the other machine is spent.
func TestRefreshTokenFromElsewhere(t *testing.T) {
	s := set(t)
	elsewhere := s.home(byKey, "assertion")
	if r := s.login(elsewhere, "assertion"); r.Exit != 0 {
		t.Fatalf("%s", r)
	}
	m := s.home(byKey, "refresh_token")
	r := m.Do(machine.Call{
		Name: machine.People, Args: []string{"login", "work", "--refresh-token-stdin"},
		Stdin: elsewhere.Stored().Refresh + "\n",
	})
	if r.Exit != 0 {
		t.Fatalf("%s\n%v", r, s.Tally().Refused)
	}
	if r := m.Do(machine.Token); s.subject(r.Secret()) != user {
		t.Errorf("%s", r)
	}
	if before, after := elsewhere.Stored().Refresh, m.Stored().Refresh; before == after {
		t.Error("the refresh token wasn't rotated")
	}
	m.Chain()
}
