//go:build linux

package fleet

import (
	"context"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// The API server is killed, and then etcd is stopped, while the leader has an answer that is stored nowhere. It
// keeps the answer, says so, isn't ready, and saves it when the API is back. Nothing is presented twice.
func TestOutage(t *testing.T) {
	t.Parallel()
	api := apiServer(t)
	m := &member{name: "ci"}
	c := newCrowd(t, api, "outage", 5*time.Minute, nil, m) // with the default Lease, which outlives it
	for name, outage := range map[string]func() (over func()){
		"the API server is killed": func() func() {
			api.Halt()
			return api.Start
		},
		"etcd is stopped": api.StopEtcd,
	} {
		t.Log(name)
		told := c.leader.count("an answer can't be saved yet")
		g := m.domain.Gate(idcstest.Refresh, idcstest.AfterRotation)
		c.ask()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		err := g.Wait(ctx)
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		over := outage()
		g.Open()
		c.until("it says so", func() bool { return c.leader.count("an answer can't be saved yet") > told })
		c.until("it isn't ready", func() bool { return c.leader.probe("/readyz") == 503 })
		if got := c.leader.probe("/healthz"); got != 200 {
			t.Errorf("healthz: %d", got)
		}
		over()
		c.until("it is ready", func() bool { return c.leader.probe("/readyz") == 200 })
		c.goesOn(m)
		c.exactlyOne(m)
		if n := c.leader.count("an answer can't be saved yet"); n != told+1 {
			t.Errorf("it was told %d times", n-told)
		}
	}
	if worst := m.worst(); worst < 0.2 {
		t.Errorf("a reader found %.2f of the life", worst)
	}
}
