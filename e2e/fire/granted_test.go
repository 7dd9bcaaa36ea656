//go:build linux

package fire

import (
	"encoding/json"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// A2.10: An answer that can't be used may still bring the one refresh token that is left. It is stored, and
// sent next time.
func TestUselessAnswerWithARefreshToken(t *testing.T) {
	for name, fault := range map[string]idcstest.Fault{
		"no access token":    {Drop: []string{"access_token"}},
		"null access token":  {Set: map[string]string{"access_token": "null"}},
		"empty access token": {Set: map[string]string{"access_token": `""`}},
		"another type":       {Set: map[string]string{"token_type": `"mac"`}},
		"a line break":       {Set: map[string]string{"access_token": `"eyJ\nquit=1"`}},
		"dead already":       {Set: map[string]string{"expires_in": "0"}},
		"less than dead":     {Set: map[string]string{"expires_in": "-1"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := alive(t, machine.Person, idcstest.Options{})
			stored := s.Stored()
			fault.On, fault.At = idcstest.Refresh, idcstest.AfterRotation
			s.Domain.Script(fault)
			if got := s.served(s.early(machine.Git)); got != stored.Access {
				t.Errorf("not the token that lives")
			}
			s.Expire()
			s.failed(1, "profile work: ", s.Do(machine.Git), s.Do(machine.Token))
			s.posts(1)
			if s.Stored().Refresh == stored.Refresh {
				t.Errorf("the successor wasn't stored")
			}
			s.Domain.Unscript()
			s.Chain()
		})
	}
}

// A2.11: An answer without a successor leaves the old one in place.
func TestAnswerWithoutARefreshToken(t *testing.T) {
	for name, fault := range map[string]idcstest.Fault{
		"absent": {Drop: []string{"refresh_token"}},
		"null":   {Set: map[string]string{"refresh_token": "null"}},
		"empty":  {Set: map[string]string{"refresh_token": `""`}},
	} {
		t.Run(name, func(t *testing.T) {
			s := expired(t, machine.Person, idcstest.Options{})
			refresh := s.Stored().Refresh
			fault.On = idcstest.Refresh
			s.Domain.Script(fault)
			s.served(s.Crowd(machine.Mixed(8)...)...)
			s.posts(1)
			if s.Stored().Refresh != refresh {
				t.Errorf("the refresh token changed")
			}
			s.Domain.Unscript()
			s.Chain()
		})
	}
}

// A4.3: The life of a token is what expires_in says or the JWT, whichever is less. Never more than a year,
// never for ever.
func TestOddLives(t *testing.T) {
	for _, test := range []struct {
		value string // of expires_in; "": absent
		life  int64  // seconds; the JWT says 3600
	}{
		{"", 3600}, {`"3600"`, 3600}, {"3600.0", 3600}, {"1e30", 3600}, {"null", 3600}, {"[]", 3600}, {`"soon"`, 3600},
		{"600", 600}, {`"600"`, 600}, {"9223372036854775808", 3600},
	} {
		t.Run(test.value, func(t *testing.T) {
			s := expired(t, machine.Person, idcstest.Options{})
			f := idcstest.Fault{On: idcstest.Refresh, Drop: []string{"expires_in"}}
			if test.value != "" {
				f = idcstest.Fault{On: idcstest.Refresh, Set: map[string]string{"expires_in": test.value}}
			}
			s.Domain.Script(f)
			s.served(s.Do(machine.Git))
			// exp counts from whole seconds, so a JWT's life may be one less.
			if life := s.Stored().Life; life != test.life && (test.life != 3600 || life != 3599) {
				t.Errorf("life %d s, want %d", life, test.life)
			}
			s.Domain.Unscript()
			s.Chain()
		})
	}
	for value, life := range map[string]int64{"1e30": 31556952, "[]": 300, "60": 60} {
		t.Run("opaque, "+value, func(t *testing.T) {
			s := expired(t, machine.Person, idcstest.Options{})
			opaque, _ := json.Marshal("opaque-" + inBody)
			s.Domain.Script(idcstest.Fault{On: idcstest.Refresh, Set: map[string]string{"expires_in": value, "access_token": string(opaque)}})
			s.served(s.Do(machine.Git))
			if got := s.Stored().Life; got != life {
				t.Errorf("life %d s, want %d", got, life)
			}
			s.Domain.Unscript()
			s.Chain()
		})
	}
}

// An answer that arrived never costs the login, whatever a front did to it on the way.
func TestWrappedAnswers(t *testing.T) {
	for _, wrap := range idcstest.Wraps {
		t.Run(string(wrap), func(t *testing.T) {
			s := alive(t, machine.Person, idcstest.Options{})
			s.Domain.Script(idcstest.Fault{On: idcstest.Refresh, Wrap: wrap})
			before := s.Stored()
			s.Expire()
			if got := s.served(s.Do(machine.Git)); got != s.Stored().Access || got == before.Access {
				t.Errorf("not the new token")
			}
			s.posts(1)
			s.Domain.Unscript()
			s.Chain()
			s.Litter()
		})
	}
}
