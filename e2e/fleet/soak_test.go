//go:build linux

package fleet

import (
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// TestSoak lets anything happen to the leader, for as long as CREDENTIAL_IDCS_FLEET_SOAK says. Each login that is
// needed must be explained by an answer that died, and what nobody may present twice the domain asserts.
func TestSoak(t *testing.T) {
	long, err := time.ParseDuration(os.Getenv("CREDENTIAL_IDCS_FLEET_SOAK"))
	if err != nil {
		// With CI=true, too: what it finds depends on chance.
		t.Skip("only with CREDENTIAL_IDCS_FLEET_SOAK=10m, say")
	}
	api := apiServer(t)
	m := &member{name: "ci"}
	c := newCrowd(t, api, "soak", longer, quick, m)
	all := []*replica{c.leader, c.next}
	logins, did := 0, map[string]int{}
	for end := time.Now().Add(long); time.Now().Before(end); {
		for i, r := range all { // as a Deployment does
			select {
			case <-r.done:
				via := ""
				if i == 0 {
					via = c.gateway.url
				}
				all[i] = c.replica("again", via, quick...)
			default:
			}
		}
		if st := c.state(); st.Mark != nil {
			if why := m.domain.Lost(st.Refresh); why == "" {
				t.Errorf("a login is needed, and no answer was lost")
			}
			logins++
			c.login()
		}
		time.Sleep(time.Duration(1+rand.IntN(5)) * time.Second) // chance chooses the moment, here and below
		if rand.IntN(2) == 0 {
			c.ask()
			time.Sleep(time.Duration(rand.IntN(1500)) * time.Millisecond)
		}
		l := leader(all)
		if l == nil {
			continue
		}
		switch what := []string{"kill", "term", "stop", "answers", "loses", "domain"}[rand.IntN(6)]; what {
		case "kill":
			l.kill()
			m.domain.Killed()
			did[what]++
		case "term":
			l.signal(syscall.SIGTERM)
			did[what]++
		case "stop":
			l.signal(syscall.SIGSTOP)
			time.Sleep(time.Duration(rand.IntN(9)) * time.Second)
			l.signal(syscall.SIGCONT)
			did[what]++
		case "answers":
			c.gateway.answers([]int{409, 429, 500}[rand.IntN(3)], 3, arming("ci"))
			c.gateway.answers(500, 2, saving("ci"))
			did[what]++
		case "loses":
			c.gateway.loses(1, saving("ci"))
			did[what]++
		case "domain":
			m.domain.Script(idcstest.Fault{On: idcstest.Refresh, Nth: 1, At: idcstest.BeforeRotation, Do: idcstest.Reset})
			did[what]++
		}
	}
	c.ask()
	c.until("it goes on", func() bool { return leader(all) != nil || restarted(c, all) })
	worst, generation := m.worst(), c.state().Generation
	t.Logf("generation %d, %d presentations, %d logins, %v; a reader found %.2f of the life at least",
		generation, presentations(m.domain), logins, did, worst)
	if generation < int64(long/longer) || logins == 0 && worst <= 0 {
		t.Error("the token isn't kept fresh")
	}
	for _, r := range all {
		if strings.Contains(r.text(), "panic") {
			t.Errorf("%s panicked", r.name)
		}
	}
}

// restarted starts those anew that have ended, and reports false.
func restarted(c *crowd, all []*replica) bool {
	for i, r := range all {
		select {
		case <-r.done:
			all[i] = c.replica("again", "", quick...)
		default:
		}
	}
	return false
}
