//go:build linux

package fleet

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"syscall"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/cluster"
)

// Somebody deletes and steals the Lease, and deletes and edits Secrets by hand. It costs no presentation.
// What can't be read is left alone and said, and the others go on.
func testMeddling(t *testing.T, api *cluster.Server) {
	a, b := &member{name: "a"}, &member{name: "b"}
	c := newCrowd(t, api, "meddling", longer, quick, a, b)
	both := func() {
		c.ask()
		c.goesOn(a)
		c.goesOn(b)
	}
	step := func(name string, f func()) {
		if t.Failed() {
			t.FailNow()
		}
		t.Logf("%s", name)
		f()
	}

	step("the Lease is deleted", func() {
		c.kubectl("", "-n", c.space(namespace), "delete", "lease", "credential-idcs-controller")
		both()
	})
	step("the Lease is stolen", func() {
		c.until("a leader", func() bool { return leader([]*replica{c.leader, c.next}) != nil })
		lost := leader([]*replica{c.leader, c.next})
		c.kubectl("", "-n", c.space(namespace), "patch", "lease", "credential-idcs-controller", "--type=merge",
			"-p", `{"spec": {"holderIdentity": "a-thief", "leaseDurationSeconds": 12}}`)
		if status := lost.ends(); status != 1 || !strings.Contains(lost.text(), "the Lease was lost") {
			t.Errorf("it ends with %d\n%s", status, lost.text())
		}
		c.leader = c.replica("third", "", quick...)
		both()
	})
	step("a state is edited", func() {
		c.until("a leader", func() bool { return leader([]*replica{c.leader, c.next}) != nil })
		works := leader([]*replica{c.leader, c.next})
		name := "credential-idcs-state-a"
		was := c.secret(namespace, name).Data["state.json"]
		published := c.published(c.secret("team-a", a.secret()))
		c.patch(namespace, name, map[string]any{"data": map[string][]byte{"state.json": []byte("{ oops")}})
		works.await("the state can't be read")
		c.ask()
		c.goesOn(b)
		if got := string(c.secret(namespace, name).Data["state.json"]); got != "{ oops" {
			t.Errorf("what can't be read was overwritten: %s", got)
		}
		if got := c.published(c.secret("team-a", a.secret())); got != published {
			t.Error("the published token is gone")
		}
		c.patch(namespace, name, map[string]any{"data": map[string][]byte{"state.json": was}})
		c.goesOn(a)
		if n := strings.Count(works.text(), "the state can't be read"); n != 1 {
			t.Errorf("it was told %d times", n)
		}
	})
	step("a published Secret is deleted", func() {
		works := leader([]*replica{c.leader, c.next})
		c.kubectl("", "-n", c.space("team-a"), "delete", "secret", a.secret())
		c.ask()
		c.goesOn(b)
		works.await("there is no Secret " + c.space("team-a") + "/" + a.secret())
		c.until("the metric", func() bool { return works.metric(`credential_idcs_secrets{profile="a",state="missing"}`) == "1" })
		if out, _ := c.person("", "status"); !strings.Contains(out, "missing") {
			t.Errorf("status:\n%s", out)
		}
		c.createMissing()
		c.goesOn(a)
	})
	step("the state Secret is deleted", func() {
		works := leader([]*replica{c.leader, c.next})
		c.kubectl("", "-n", c.space(namespace), "delete", "secret", "credential-idcs-state-a")
		works.await("there is no Secret credential-idcs-state-a")
		out, status := c.person("", "refresh", "a")
		if status != 5 || !strings.Contains(out, "manifests --secrets") {
			t.Errorf("refresh: %d %s", status, out)
		}
		if c.published(c.secret("team-a", a.secret())) == "" {
			t.Error("the published token is gone")
		}
		c.createMissing()
		works.await("login needed; run: credential-idcs-controller login a")
		c.exactlyOne(b)
		c.loginOf("a", a.domain)
		a.before = 0
		c.goesOn(a)
	})
	for _, m := range c.all {
		if worst := m.worst(); worst <= 0.2 {
			t.Errorf("%s: a reader found %.2f of the life", m.name, worst)
		}
	}
}

// patch changes a Secret as kubectl edit does.
func (s *stage) patch(ns, name string, change any) {
	s.t.Helper()
	b, err := json.Marshal(change)
	if err != nil {
		s.t.Fatal(err)
	}
	s.kubectl("", "-n", s.space(ns), "patch", "secret", name, "--type=merge", "-p", string(b))
}

// createMissing creates what is missing, as the message says.
func (s *stage) createMissing() {
	s.t.Helper()
	if out, err := s.tryKubectl(s.secrets(), "create", "-f", "-"); err == nil || !strings.Contains(out, "created") {
		s.t.Errorf("create: %v\n%s", err, out)
	}
}

// A rolling upgrade: new replicas come while the old ones work, which are told to end one by one, with a
// request on the wire. What a later version stores beside survives.
func testUpgrade(t *testing.T, api *cluster.Server) {
	m := &member{name: "ci"}
	c := newCrowd(t, api, "upgrade", longer, quick, m)
	old := []*replica{c.leader, c.next}
	b := c.secret(namespace, "credential-idcs-state-ci").Data["state.json"]
	c.patch(namespace, "credential-idcs-state-ci", map[string]any{"data": map[string]string{
		"state.json": base64.StdEncoding.EncodeToString([]byte(strings.Replace(string(b), "{", `{"of_a_later_version":{"a":1},`, 1))),
	}})
	for i, r := range old {
		c.replica("new-"+r.name, "", quick...)
		g := m.domain.Gate("refresh_token", "after rotation")
		m.gate = g
		c.refresh() // of whoever leads
		if i == 0 && r.metric("credential_idcs_leader") != "1" {
			t.Fatalf("%s doesn't lead", r.name)
		}
		r.signal(syscall.SIGTERM)
		g.Open()
		if status := r.ends(); status != 0 {
			t.Errorf("%s: exit %d\n%s", r.name, status, r.text())
		}
		c.goesOn(m)
		c.exactlyOne(m)
	}
	m.gate = nil
	c.ask()
	c.goesOn(m)
	c.exactlyOne(m)
	if got := string(c.secret(namespace, "credential-idcs-state-ci").Data["state.json"]); !strings.Contains(got, `"of_a_later_version":{"a":1}`) {
		t.Errorf("what a later version stored is gone: %.80s", got)
	}
	if worst := m.worst(); worst < 0.2 {
		t.Errorf("a reader found %.2f of the life", worst)
	}
}
