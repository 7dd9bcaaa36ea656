//go:build linux

package fleet

import (
	"syscall"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/cluster"
)

// The API is taken away from the leader alone: it isn't ready any more, and ends; another refreshes.
func testCutOff(t *testing.T, api *cluster.Server) {
	c := newCrowd(t, api, "cut-off", longer, quick, &member{name: "ci"})
	w := newWire(t, api.URL)
	cut := c.replica("at-the-wire", w.url, quick...)
	for _, r := range []*replica{c.leader, c.next} { // the one at the wire is to lead
		r.signal(syscall.SIGTERM)
		if status := r.ends(); status != 0 {
			t.Errorf("TERM: exit %d", status)
		}
	}
	c.until("the one at the wire leads", func() bool { return cut.metric("credential_idcs_leader") == "1" })
	other := c.replica("other", "", quick...)
	w.setCut(true)
	if status := cut.ends(); status != 1 {
		t.Errorf("cut off: exit %d", status)
	}
	c.until("the other leads", func() bool { return other.metric("credential_idcs_leader") == "1" })
	c.ask()
	c.goesOn(c.all[0])
	c.exactlyOne(c.all[0])
}

// The leader is killed with nothing on the wire.
func testIdle(t *testing.T, api *cluster.Server) {
	c := newCrowd(t, api, "idle", longer, quick, &member{name: "ci"})
	c.leader.kill()
	c.all[0].domain.Killed()
	c.until("the second leads", func() bool { return c.next.metric("credential_idcs_leader") == "1" })
	c.ask()
	c.goesOn(c.all[0])
	c.exactlyOne(c.all[0])
}

// goesOn waits until a profile has its next token, published and with nothing left open.
func (c *crowd) goesOn(m *member) {
	c.t.Helper()
	c.until(m.name+" goes on", func() bool {
		st := c.stateOf(m.name)
		return st.Generation > m.before && st.Intent == nil && c.published(c.secret("team-a", m.secret())) == st.Access
	})
	m.before = c.stateOf(m.name).Generation
}

// exactlyOne asserts one presentation for each generation.
func (c *crowd) exactlyOne(m *member) {
	c.t.Helper()
	if n, g := presentations(m.domain), int(c.stateOf(m.name).Generation); n != g {
		c.t.Errorf("%s: %d presentations for %d generations", m.name, n, g)
	}
}
