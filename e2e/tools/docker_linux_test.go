package tools

import (
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// min_ttl asks for more life than a token has left at which it is due anyway, 30 minutes of an hour at most:
// for docker's answers, and up to three quarters of what the domain gives.
func TestDockersAnswerLastsForMinTTL(t *testing.T) {
	for name, c := range map[string]struct {
		set       string
		call      machine.Call
		left      time.Duration
		refreshes int
	}{
		"not set":            {"", machine.Docker, 35 * time.Minute, 0},
		"more is left":       {"40m", machine.Docker, 41 * time.Minute, 0},
		"less is left":       {"40m", machine.Docker, 35 * time.Minute, 1},
		"git":                {"40m", machine.Git, 35 * time.Minute, 0},
		"nearly a life":      {"50m", machine.Docker, 46 * time.Minute, 0},
		"longer than a life": {"2h", machine.Docker, 46 * time.Minute, 0},
		"and less is left":   {"2h", machine.Docker, 40 * time.Minute, 1},
	} {
		t.Run(name, func(t *testing.T) {
			domain := idcstest.Start(t, idcstest.Options{})
			m := machine.New(t, program, domain, machine.Person)
			for _, host := range []string{machine.Registry, machine.GitHost} {
				if c.set != "" {
					m.Profile.Tables += "[profiles.work.target.\"https://" + host + "\"]\nmin_ttl = \"" + c.set + "\"\n"
				}
			}
			m.Configure()
			m.Login()
			m.Leave(c.left)
			before := domain.Posts(idcstest.Refresh)
			r := m.Do(c.call)
			if n := domain.Posts(idcstest.Refresh) - before; r.Exit != 0 || r.Secret() == "" || r.Stderr != "" || n != c.refreshes {
				t.Errorf("%d refreshes, want %d: %s", n, c.refreshes, r)
			}
		})
	}
}
