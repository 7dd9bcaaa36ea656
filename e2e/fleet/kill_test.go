//go:build linux

package fleet

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
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

// The leader can't reach the domain, while others could: it stays the leader, says so once, and the published token
// stays. It goes on when the way is back. Cut off from both at once it ends, and another goes on. Nothing is
// presented twice.
func testPartition(t *testing.T, api *cluster.Server) {
	m := &member{name: "ci"}
	c := newCrowd(t, api, "partition", longer, quick, m)
	both := newWire(t, api.URL)
	domain := newTunnel(t)
	b, err := os.ReadFile(c.config)
	if err != nil {
		t.Fatal(err)
	}
	c.write("tunnel.toml", strings.Replace(string(b), "\nlogin =", fmt.Sprintf("\nproxy = %q\nlogin =", domain.url), 1))
	tunnelled := *c.stage
	tunnelled.config = filepath.Join(c.folder, "tunnel.toml")
	cut := tunnelled.replica("at-the-wires", both.url, quick...)
	for _, r := range []*replica{c.leader, c.next} {
		r.signal(syscall.SIGTERM)
		if status := r.ends(); status != 0 {
			t.Errorf("TERM: exit %d", status)
		}
	}
	c.until("the one at the wires leads", func() bool { return cut.metric("credential_idcs_leader") == "1" })
	other := c.replica("other", "", quick...)

	published := c.published(c.secret("team-a", m.secret()))
	domain.setCut(true)
	c.ask()
	c.until("it says so", func() bool { return len(cut.lines(`"level":"ERROR"`)) > 0 })
	if got := cut.probe("/readyz"); got != 200 || cut.metric("credential_idcs_leader") != "1" {
		t.Errorf("it is no ready leader any more: readyz %d", got)
	}
	if got := c.published(c.secret("team-a", m.secret())); got != published {
		t.Error("the published token is gone")
	}
	domain.setCut(false)
	c.goesOn(m)
	c.exactlyOne(m)
	if lines := cut.lines(`"level":"ERROR"`); len(lines) != 1 {
		t.Errorf("it was told %d times:\n%s", len(lines), strings.Join(lines, ""))
	}

	domain.setCut(true)
	both.setCut(true)
	c.ask()
	if status := cut.ends(); status != 1 {
		t.Errorf("cut off: exit %d", status)
	}
	c.until("the other leads", func() bool { return other.metric("credential_idcs_leader") == "1" })
	c.ask()
	c.goesOn(m)
	c.exactlyOne(m)
	if worst := m.worst(); worst < 0.2 {
		t.Errorf("a reader found %.2f of the life", worst)
	}
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
