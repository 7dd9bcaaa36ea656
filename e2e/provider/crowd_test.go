//go:build linux

package provider_test

import (
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
)

// 64 processes of all protocols find an expired token. One of them presents the refresh token, once,
// and all get the one new token. A second time would have revoked the grant, and with it the chain.
func TestCrowdSpendsOneToken(t *testing.T) {
	for _, test := range []struct{ login, client string }{
		{"browser", bySecret},
		{"browser", public},
		{"assertion", byKey},
	} {
		t.Run(test.login+" "+test.client, func(t *testing.T) {
			s := set(t)
			m := s.home(test.client, test.login)
			if r := s.login(m, test.login); r.Exit != 0 {
				t.Fatalf("%s\n%v", r, s.Tally().Refused)
			}
			for round := range 3 {
				m.Expire()
				results := m.Crowd(machine.Mixed(64)...)
				token := results[0].Secret()
				for _, r := range results {
					if r.Exit != 0 || r.Secret() == "" || r.Secret() != token {
						t.Errorf("%s; want the token of the first", r)
					}
				}
				if got := s.subject(token); got != user {
					t.Errorf("the token is %q's", got)
				}
				if n := s.Tally().Granted["refresh_token"]; n != round+1 {
					t.Errorf("%d refreshes after %d expiries", n, round+1)
				}
			}
			m.Chain()
			m.Litter()
			if tally := s.Tally(); len(tally.Refused) > 0 || tally.Revoked > 0 {
				t.Errorf("refused %v, %d grants revoked", tally.Refused, tally.Revoked)
			}
		})
	}
}

// That the provider does revoke the grant is what makes the test above worth something: a refresh
// token presented twice costs the login, and the next call says so.
func TestReuseEndsTheChain(t *testing.T) {
	s := set(t)
	m := s.home(public, "browser")
	if r := s.login(m, "browser"); r.Exit != 0 {
		t.Fatalf("%s", r)
	}
	stolen := m.Stored().Refresh
	m.Chain()
	thief := s.home(public, "refresh_token")
	r := thief.Do(machine.Call{Name: machine.People, Args: []string{"login", "work", "--refresh-token-stdin"}, Stdin: stolen + "\n"})
	if r.Exit != 1 {
		t.Errorf("the spent token: %s", r)
	}
	if n := s.Tally().Revoked; n != 1 {
		t.Errorf("%d grants revoked, want 1", n)
	}
	if r := m.Do(machine.Refresh); r.Exit != 3 {
		t.Errorf("the chain is dead, and a login needed: %s", r)
	}
}
