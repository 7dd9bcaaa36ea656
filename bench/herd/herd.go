package main

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/credential-idcs/credential-idcs/cache/policy"
)

// A Herd is many machines with one domain, all logged in within the first minute.
type Herd struct {
	Hosts  int
	Life   time.Duration // of an access token
	Every  time.Duration // between two calls of one machine, on average
	Limits Limits
	Way    Way
	Until  time.Duration // since the first login
	Seed   uint64
}

// An Outcome is the result of a run. Times are since the first login.
type Outcome struct {
	Requests, Refused int
	Most              int           // requests in one second
	Served            int           // machines that renewed at least once
	Half, Last        time.Duration // when half of them, and all, had renewed; 0: not all
	Errors            int           // calls that got no token
	Hit               int           // machines with such a call
	Longest           time.Duration // from a machine's first such call to its next token, or to the end
	// Given counts new tokens for each step of time, Firsts those of machines that had not renewed yet.
	Given, Firsts []int
}

const step = 10 * time.Second

// A host is one machine. Its calls come at random (a Poisson process), so that the time to the next
// one doesn't depend on when the last one was.
type host struct {
	obtained time.Duration
	quiet    time.Duration // end of the pause
	failing  time.Duration // the first call without a token, since the last one with; -1: none
	lot      float64
	row      int
	served   bool
	hit      bool
}

// Run simulates the herd. The same herd has the same outcome.
func (h Herd) Run() Outcome {
	r := run{
		Herd: h, dice: rand.New(rand.NewPCG(h.Seed, 0)), domain: domain{Limits: h.Limits},
		hosts: make([]host, h.Hosts), calls: newCalls(h.Until),
	}
	steps := int(h.Until/step) + 1
	r.out.Given, r.out.Firsts = make([]int, steps), make([]int, steps)
	for i := range r.hosts {
		r.hosts[i].failing = -1
		r.login(i, time.Duration(r.dice.Int64N(int64(time.Minute))))
	}
	for {
		t, i, ok := r.calls.next()
		if !ok {
			break
		}
		r.call(i, t)
	}
	return r.sum()
}

type run struct {
	Herd
	dice   *rand.Rand
	domain domain
	hosts  []host
	calls  *calls
	out    Outcome
}

// login gives a machine a token and schedules its next call that can matter.
func (r *run) login(i int, t time.Duration) {
	m := &r.hosts[i]
	m.obtained, m.lot, m.row, m.quiet, m.failing = t, r.dice.Float64(), 0, 0, -1
	r.after(i, t+r.Life-r.Way.Soonest(r.Life))
}

// after schedules a machine's first call after t.
func (r *run) after(i int, t time.Duration) { r.calls.add(t+r.gap(), i) }

func (r *run) gap() time.Duration { return time.Duration(r.dice.ExpFloat64() * float64(r.Every)) }

func (r *run) call(i int, t time.Duration) {
	m := &r.hosts[i]
	z := r.Way.Zone(r.Life, r.Life-(t-m.obtained), m.lot, r.dice.Float64())
	if z == policy.Fresh {
		r.after(i, t)
		return
	}
	r.out.Requests++
	ok, retryAfter := r.domain.ask(t)
	if ok {
		r.renewed(i, t)
		return
	}
	if z == policy.Expired {
		r.fail(m, t, 1)
	}
	m.quiet = t + r.Way.Pause(m.row, retryAfter, r.dice.Float64())
	m.row++
	r.inPause(m, t)
	r.after(i, m.quiet)
}

// renewed is a request that was granted.
func (r *run) renewed(i int, t time.Duration) {
	m := &r.hosts[i]
	r.out.Given[t/step]++
	r.countOutage(m, t)
	if !m.served {
		m.served = true
		r.out.Firsts[t/step]++
		r.out.Served++
		if r.out.Served == (r.Hosts+1)/2 {
			r.out.Half = t
		}
		if r.out.Served == r.Hosts {
			r.out.Last = t
		}
	}
	r.login(i, t)
}

// countOutage records how long a machine has been without a token at t, if it is.
func (r *run) countOutage(m *host, t time.Duration) {
	if m.failing >= 0 {
		r.out.Longest = max(r.out.Longest, t-m.failing)
	}
}

// inPause counts the failed calls of the pause that begins at t. They send no request, and fail once the token has expired.
func (r *run) inPause(m *host, t time.Duration) {
	begun, end := max(t, m.obtained+r.Life-policy.Margin(r.Life)), min(m.quiet, r.Until)
	if begun >= end {
		return
	}
	if n := r.poisson(float64(end-begun) / float64(r.Every)); n > 0 {
		r.fail(m, begun+(end-begun)/time.Duration(n+1), n) // the first of n is there on average
	}
}

func (r *run) fail(m *host, t time.Duration, calls int) {
	r.out.Errors += calls
	if m.failing < 0 {
		m.failing = t
	}
	if !m.hit {
		m.hit = true
		r.out.Hit++
	}
}

// poisson draws a number with a Poisson distribution of this mean.
func (r *run) poisson(expected float64) (n int) {
	for p := r.dice.Float64(); p > math.Exp(-expected); p *= r.dice.Float64() {
		n++
	}
	return n
}

func (r *run) sum() Outcome {
	for i := range r.hosts {
		r.countOutage(&r.hosts[i], r.Until)
	}
	r.out.Refused, r.out.Most = r.domain.refused, r.domain.most
	return r.out
}
