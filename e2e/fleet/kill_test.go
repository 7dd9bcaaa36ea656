//go:build linux

package fleet

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// longer is a life that outlives a lost leader: an election in seconds, and the wait for its answer.
const longer = 40 * time.Second

// The leader is killed, stopped or cut off at exact places, one after another, on one API server. What the
// domain saw is asserted by itself when it closes: a second presentation only where the answer died with
// its process or the request never arrived, and never of a token whose successor was delivered.
func TestTheLeaderIsLost(t *testing.T) {
	t.Parallel()
	s := newStage(t, idcstest.Options{AccessTTL: longer, Rotation: idcstest.StrictRevoke}, "refresh_token",
		publishing("team-a", "pull", "docker", `targets = ["https://registry.example.com:5000"]`))
	s.install("team-a")
	s.login()
	f := &troupe{stage: s}
	f.add("")
	f.add("")
	alive := s.watch()

	for _, step := range []struct {
		promise string
		run     func(*troupe)
	}{
		{"killed, and the domain read nothing", func(f *troupe) { f.killed(idcstest.Headers, false) }},
		{"killed, and the domain had read it and did nothing", func(f *troupe) { f.killed(idcstest.BeforeRotation, false) }},
		{"killed, and the domain rotated afterwards", func(f *troupe) { f.killed(idcstest.BeforeRotation, true) }},
		{"killed, and the answer died with it", func(f *troupe) { f.killed(idcstest.AfterRotation, false) }},
		{"stopped while the answer comes", (*troupe).stopped},
		{"cut off from the API", (*troupe).cutOff},
		{"killed with nothing on the wire", (*troupe).idle},
	} {
		t.Run(step.promise, func(t *testing.T) {
			before := s.t
			s.t = t
			defer func() { s.t = before }()
			step.run(f)
		})
		if t.Failed() {
			break
		}
	}
	if worst := alive(); worst <= 0 { // a person logged in twice, at a quarter of the life
		t.Errorf("a published token was dead: %.2f of its life was left", worst)
	} else {
		t.Logf("each published token had %.2f of its life left, at least", worst)
	}
}

// A troupe is the replicas of a stage: always two.
type troupe struct {
	*stage
	all []*replica
	n   int
}

func (f *troupe) add(via string) *replica {
	f.n++
	r := f.replica(fmt.Sprintf("replica-%d", f.n), via, quick...)
	f.all = append(f.all, r)
	return r
}

// lead waits for a leader.
func (f *troupe) lead() *replica {
	f.t.Helper()
	var r *replica
	f.until("a leader", func() bool { r = leader(f.all); return r != nil })
	return r
}

// without forgets a replica that has ended and starts another.
func (f *troupe) without(r *replica) {
	for i, other := range f.all {
		if other == r {
			f.all = append(f.all[:i:i], f.all[i+1:]...)
			break
		}
	}
	f.add("")
}

// meet waits until a refresh stands at a gate.
func (f *troupe) meet(on string, p idcstest.Point) (*idcstest.Gate, *replica) {
	f.t.Helper()
	g := f.domain.Gate(on, p)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := g.Wait(ctx); err != nil {
		f.t.Fatal(err)
	}
	return g, f.lead()
}

// killed kills the leader with its request at a point of the domain. Where the domain rotated, a person
// logs in as soon as that is known; else nobody notices.
func (f *troupe) killed(p idcstest.Point, rotates bool) {
	on := idcstest.Refresh
	if p == idcstest.Headers {
		on = "token"
	}
	generation := f.state().Generation
	g, r := f.meet(on, p)
	if i := f.state().Intent; i == nil || i.Over {
		f.t.Errorf("the intent is %+v", i)
	}
	r.kill()
	if rotates || p == idcstest.AfterRotation {
		g.Open()
		rotates = true
	} else {
		g.Drop()
	}
	f.without(r)
	next := f.lead()
	if next == r {
		f.t.Fatal("a dead leader")
	}
	if !rotates {
		f.grown(generation + 1)
		return
	}
	f.until("the mark", func() bool { return f.state().Mark != nil })
	next.await("a refresh was interrupted")
	f.login()
	f.grown(generation + 1)
}

// stopped stops the leader while its request is on the wire, for longer than the Lease. Another leads, and
// keeps off; the answer that lies in the socket is saved when the first goes on, and then it ends.
func (f *troupe) stopped() {
	generation := f.state().Generation
	g, r := f.meet(idcstest.Refresh, idcstest.BeforeRotation)
	r.signal(syscall.SIGSTOP)
	others := f.all
	f.all = nil
	for _, other := range others {
		if other != r {
			f.all = append(f.all, other)
		}
	}
	next := f.lead()
	g.Open()
	next.await("its answer may still come")
	r.signal(syscall.SIGCONT)
	f.grown(generation + 1)
	if status := r.ends(); status != 1 {
		f.t.Errorf("the former leader ends with %d", status)
	}
	f.add("")
	if got := f.state(); got.Mark != nil {
		f.t.Errorf("the answer was lost: %+v", got.Mark)
	}
}

// cutOff takes the API away from the leader: it ends, and another refreshes.
func (f *troupe) cutOff() {
	w := newWire(f.whole, f.api.URL)
	for _, r := range f.all { // the one at the wire is to lead
		r.signal(syscall.SIGTERM)
		r.ends()
	}
	f.all = nil
	cut := f.add(w.url)
	if f.lead() != cut {
		f.t.Fatal("another leads")
	}
	f.add("")
	generation := f.state().Generation
	w.setCut(true)
	if status := cut.ends(); status != 1 {
		f.t.Errorf("cut off: exit %d", status)
	}
	f.without(cut)
	f.lead()
	f.grown(generation + 1)
}

func (f *troupe) idle() {
	f.grown(f.state().Generation + 1) // so the next is half a life away
	r := f.lead()
	generation := f.state().Generation
	r.kill()
	f.without(r)
	f.grown(generation + 1)
}

// watch looks at the published token all the time. The function that it returns says how much of its
// life one had left at least.
func (s *stage) watch() (stop func() float64) {
	done, result := make(chan struct{}), make(chan float64)
	s.grown(2)
	go func() {
		worst := 1.0
		for {
			select {
			case <-done:
				result <- worst
				return
			case <-time.After(100 * time.Millisecond):
			}
			var o secretObject
			if s.api.Get(s.whole, "/api/v1/namespaces/team-a/secrets/pull", &o) != 200 {
				continue
			}
			expires, err := time.Parse(time.RFC3339, o.Metadata.Annotations["credential-idcs/expires-at"])
			if err != nil {
				continue // before the first
			}
			worst = min(worst, time.Until(expires).Seconds()/longer.Seconds())
		}
	}()
	return func() float64 {
		close(done)
		return <-result
	}
}
