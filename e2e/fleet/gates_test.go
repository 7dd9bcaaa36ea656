//go:build linux

package fleet

import (
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/cluster"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// longer is a life that outlives a lost leader: an election in seconds, and the wait for its answer.
const longer = 60 * time.Second

// A refresh stands at each gate of the transaction when its leader is lost.
func atEachGate() []*member {
	var all []*member
	for _, name := range []string{
		"looked", "arming", "armed", // at the API
		"connected", "sent", "read", "judged", "rotating", "rotated", "answering", // at the domain
		"saving", "saved", "publishing",
	} {
		all = append(all, &member{name: name})
	}
	return all
}

func (c *crowd) gates() {
	for _, m := range c.all {
		g := c.gateway
		switch m.name {
		case "looked":
			m.gate = g.stops(true, looking(m.name))
		case "arming":
			m.gate = g.stops(false, arming(m.name))
		case "armed":
			m.gate = g.stops(true, arming(m.name))
		case "saving":
			m.gate = g.stops(false, saving(m.name))
		case "saved":
			m.gate = g.stops(true, saving(m.name))
		case "publishing":
			m.gate = g.stops(false, publishes(m.secret()))
		case "connected":
			m.gate = m.domain.Gate("", idcstest.Handshaken)
		case "sent":
			m.gate = m.domain.Gate("token", idcstest.Headers)
		case "read":
			m.gate = m.domain.Gate(idcstest.Refresh, idcstest.RequestRead)
		case "judged", "rotating":
			m.gate = m.domain.Gate(idcstest.Refresh, idcstest.BeforeRotation)
		case "rotated":
			m.gate = m.domain.Gate(idcstest.Refresh, idcstest.AfterRotation)
		case "answering":
			m.gate = m.domain.Gate(idcstest.Refresh, idcstest.MidBody)
		}
	}
}

// The leader is killed while a refresh stands at each gate. Only where the domain had rotated and the answer
// died with its process, a person must log in; for all others nobody has to do anything, and each reader
// finds a fifth of the life. That a token isn't presented again after its successor was delivered the
// domains assert themselves.
func testKilled(t *testing.T, api *cluster.Server) {
	c := newCrowd(t, api, "killed", longer, quick, atEachGate()...)
	c.gates()
	uid := c.secret("team-a", "pull-saved").Metadata.UID
	c.refresh()
	c.leader.kill()
	for _, m := range c.all {
		m.domain.Killed()
		if m.name == "rotating" || m.name == "rotated" || m.name == "answering" {
			m.gate.Open()
		} else {
			m.gate.Drop()
		}
	}
	dies := []string{"rotating", "rotated", "answering", "saving"}
	c.until("the second leads", func() bool { return c.next.metric("credential_idcs_leader") == "1" })
	for _, m := range c.all {
		if slices.Contains(dies, m.name) {
			c.until("the alarm of "+m.name, func() bool { return c.stateOf(m.name).Mark != nil })
			c.until("its metric", func() bool { return c.next.metric(`credential_idcs_login_needed{profile="`+m.name+`"}`) == "1" })
			c.loginOf(m.name, m.domain)
		}
	}
	for _, m := range c.all {
		c.goesOn(m)
	}
	c.next.await("a refresh was interrupted, and the domain had already replaced its token")
	for _, m := range c.all {
		// Each generation costs one, and the kill one more; what died brought none, and the login one.
		extra := presentations(m.domain) - int(c.stateOf(m.name).Generation)
		most := 1
		if slices.Contains(dies, m.name) {
			most = 2
		}
		if extra < 0 || extra > most {
			t.Errorf("%s: %d presentations for %d generations", m.name, presentations(m.domain), c.stateOf(m.name).Generation)
		}
		worst := m.worst()
		if worst <= 0 || !slices.Contains(dies, m.name) && worst < 0.2 {
			t.Errorf("%s: a reader found %.2f of the life", m.name, worst)
		}
		t.Logf("%s: %d more presentations than generations; a reader found %.2f of the life", m.name, extra, worst)
	}
	if now := c.secret("team-a", "pull-saved").Metadata.UID; now != uid {
		t.Error("a Secret was made anew")
	}
}

// The leader is stopped at each gate for longer than its Lease, and another leads. When it goes on it saves
// every answer that lies in its sockets, sends nothing that it had prepared, and ends.
func testStopped(t *testing.T, api *cluster.Server) {
	c := newCrowd(t, api, "stopped", longer, quick, atEachGate()...)
	c.gates()
	c.refresh()
	c.leader.signal(syscall.SIGSTOP)
	c.until("the second leads", func() bool { return c.next.metric("credential_idcs_leader") == "1" })
	for _, m := range c.all {
		m.gate.Open()
	}
	c.next.await("its answer may still come")
	c.leader.signal(syscall.SIGCONT)
	if status := c.leader.ends(); status != 1 {
		t.Errorf("the former leader ends with %d", status)
	}
	for _, m := range c.all {
		c.until(m.name+" goes on", func() bool {
			st := c.stateOf(m.name)
			if st.Mark != nil {
				t.Fatalf("%s: the answer was lost\n%s\n%s", m.name, c.leader.text(), c.next.text())
			}
			return st.Generation > m.before && st.Intent == nil && c.published(c.secret("team-a", m.secret())) == st.Access
		})
		c.exactlyOne(m)
		if worst := m.worst(); worst < 0.2 {
			t.Errorf("%s: a reader found %.2f of the life", m.name, worst)
		}
	}
}

// The API server answers each step of the transaction with trouble: nothing is sent before the intent is
// stored, and what was answered is saved. One presentation a generation.
func testFaults(t *testing.T, api *cluster.Server) {
	kinds := map[string]func(profile string) func(*http.Request, []byte) bool{
		"arm": arming, "save": saving, "publish": func(profile string) func(*http.Request, []byte) bool { return publishes("pull-" + profile) },
	}
	faults := map[string]func(*gateway, func(*http.Request, []byte) bool){
		"409":  func(g *gateway, kind func(*http.Request, []byte) bool) { g.answers(409, 2, kind) },
		"429":  func(g *gateway, kind func(*http.Request, []byte) bool) { g.answers(429, 2, kind) },
		"500":  func(g *gateway, kind func(*http.Request, []byte) bool) { g.answers(500, 3, kind) },
		"lost": func(g *gateway, kind func(*http.Request, []byte) bool) { g.loses(1, kind) },
	}
	var all []*member
	for step := range kinds {
		for fault := range faults {
			all = append(all, &member{name: step + "-" + fault})
		}
	}
	c := newCrowd(t, api, "faults", 10*time.Minute, quick, all...)
	for _, m := range c.all {
		step, fault, _ := strings.Cut(m.name, "-")
		faults[fault](c.gateway, kinds[step](m.name))
	}
	c.ask()
	for _, m := range c.all {
		c.goesOn(m)
		c.exactlyOne(m)
	}
	if c.leader.metric("credential_idcs_leader") != "1" {
		t.Error("the leader has changed")
	}
}
