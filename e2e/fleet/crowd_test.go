//go:build linux

package fleet

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/cluster"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// A crowd is a controller with many profiles, each of a domain of its own, so that one leader is met at many
// gates at the same moment.
type crowd struct {
	*stage
	all     []*member
	gateway *gateway
	leader  *replica
	next    *replica
}

// A member is one profile: its name tells what happens to it.
type member struct {
	name   string
	domain *idcstest.Server
	gate   interface {
		Wait(context.Context) error
		Open()
		Drop()
	}
	before int64 // its generation
	worst  func() float64
}

func (m *member) secret() string { return "pull-" + m.name }

// newCrowd starts two replicas, of which the one behind the gateway leads. All profiles are logged in, and
// their Secrets filled.
func newCrowd(t *testing.T, api *cluster.Server, name string, life time.Duration, flags []string, members ...*member) *crowd {
	t.Helper()
	c := &crowd{stage: emptyStage(t, api, name), all: members}
	var toml strings.Builder
	for _, m := range members {
		m.domain = idcstest.Start(t, idcstest.Options{AccessTTL: life, Rotation: idcstest.StrictRevoke})
		toml.WriteString(c.profile(m.name, m.domain, "refresh_token"))
	}
	for _, m := range members {
		toml.WriteString(publishingOf(m.name, c.space("team-a"), m.secret(), "docker", `targets = ["https://registry.example.com:5000"]`))
	}
	c.write("fleet.toml", toml.String())
	c.install("team-a")
	c.gateway = newGateway(t, api)
	c.leader = c.replica("first", c.gateway.url, flags...)
	c.until("the first leads", func() bool { return c.leader.metric("credential_idcs_leader") == "1" })
	c.next = c.replica("second", "", flags...)
	failed := make(chan error, len(members))
	limit := make(chan struct{}, 3)
	for _, m := range members {
		go func() {
			limit <- struct{}{}
			defer func() { <-limit }()
			failed <- c.tryLogin(m.name, m.domain)
		}()
	}
	for range members {
		if err := <-failed; err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range members {
		c.until("the Secret of "+m.name+" is filled", func() bool {
			m.before = c.stateOf(m.name).Generation
			return c.published(c.secret("team-a", m.secret())) != ""
		})
		m.worst = c.watch(m.secret(), life)
	}
	return c
}

// refresh asks for a refresh of all, and waits until each stands at its gate.
func (c *crowd) refresh() {
	c.t.Helper()
	c.ask()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, m := range c.all {
		if m.gate == nil {
			continue
		}
		if err := m.gate.Wait(ctx); err != nil {
			c.t.Fatalf("%s: %v\n%s", m.name, err, c.leader.text())
		}
	}
}

// ask asks the leader for a refresh, as `credential-idcs-controller refresh` does.
func (c *crowd) ask() {
	c.t.Helper()
	words := []string{"-n", c.space(namespace), "annotate", "--overwrite", "secrets"}
	for _, m := range c.all {
		words = append(words, "credential-idcs-state-"+m.name)
	}
	c.kubectl("", append(words, "credential-idcs/refresh="+fmt.Sprint(time.Now().UnixNano()))...)
}

// watch is a reader of one Secret. The function that it returns ends it and says how much of a life a token
// had left at least. A moment at which this process itself had to wait for the processor counts for the
// reader: it came late.
func (s *stage) watch(name string, life time.Duration) (stop func() float64) {
	done, result := make(chan struct{}), make(chan float64, 1)
	go func() {
		worst := 1.0
		tick := time.NewTicker(250 * time.Millisecond)
		defer tick.Stop()
		last, late := time.Now(), time.Duration(0)
		for {
			select {
			case <-done:
				result <- worst
				return
			case <-tick.C:
			}
			var o secretObject
			status := s.api.Get(s.whole, "/api/v1/namespaces/"+s.space("team-a")+"/secrets/"+name, &o)
			late = max(late*9/10, time.Since(last)-250*time.Millisecond)
			last = time.Now()
			expires, err := time.Parse(time.RFC3339, o.Metadata.Annotations["credential-idcs/expires-at"])
			if status != 200 || err != nil {
				continue
			}
			worst = min(worst, (time.Until(expires)+late).Seconds()/life.Seconds())
		}
	}()
	var once sync.Once
	worst := 0.0
	return func() float64 {
		once.Do(func() {
			close(done)
			worst = <-result
		})
		return worst
	}
}
