package tools

import (
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// A refresh token that the domain no longer takes is spent, and was there: nobody says that the login brought
// none, neither while the access token lives nor after it.
func TestASpentTokenIsNotAMissingOne(t *testing.T) {
	domain := idcstest.Start(t, idcstest.Options{})
	m := machine.New(t, program, domain, machine.Person)
	m.Login()
	domain.EndLogins()
	for _, left := range []time.Duration{4 * time.Minute, -time.Minute} {
		m.Leave(left)
		said := m.Do(machine.Docker).String()
		for _, words := range [][]string{{"doctor", "--offline"}, {"status"}, {"status", "--json"}} {
			r := m.Do(machine.Call{Name: machine.People, Args: words})
			said += r.String() + r.Stdout
		}
		if strings.Contains(said, "brought no refresh token") {
			t.Errorf("%v left: %s", left, said)
		}
		if left > 0 && !strings.Contains(said, "warning  profile work: the refresh token is spent, so the login ends with its present token\n\tcredential-idcs login work\n") {
			t.Errorf("doctor doesn't say why the login ends: %s", said)
		}
		if left < 0 && !strings.Contains(said, "login needed") {
			t.Errorf("nobody is told to log in: %s", said)
		}
	}
}
