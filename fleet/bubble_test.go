package fleet

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/util/flowcontrol"
)

// A bubble is a cluster in which nobody really waits, so that lives are as long as real ones: the real
// Controllers of several replicas with client-go's own election and its limit of requests. Doubles are the
// API, which has compare-and-swap and nothing else, and the domain, which takes each token once.
type bubble struct {
	t     *testing.T
	life  time.Duration
	shelf *shelf

	mu        sync.Mutex
	pods      []*pod
	lease     *resourcelock.LeaderElectionRecord
	leased    int // the Lease's version
	current   string
	issued    int
	born      map[string]time.Time // when the domain gave an access token
	presented int
	replaced  map[string]*pod // who was given the successor; nil: nobody
	ended     bool            // the family was revoked
	lostLogin bool            // an answer died with its pod
	logins    int
	down      map[string]bool // "api", "domain": for everybody
	worst     float64         // of what a reader found, as a part of a life
	missed    int             // how often a reader found a dead token
	at        func(p *pod, gate string)
	broken    []string
}

// The gates of a transaction, in its order.
const (
	atElected   = "elected"
	atLooked    = "looked"
	atConnected = "connected"
	atIntent    = "intent stored"
	atSent      = "sent"
	atRotated   = "rotated"
	atAnswered  = "answered"
	atSaved     = "saved"
	atHalf      = "half published"
)

var allGates = []string{atElected, atLooked, atConnected, atIntent, atSent, atRotated, atAnswered, atSaved, atHalf}

const bubbleState = "ctl/credential-idcs-state-ci"

// inBubble runs a test in a bubble with so many Secrets, after a login.
func inBubble(t *testing.T, life time.Duration, secrets int, test func(t *testing.T, b *bubble)) {
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{
			t: t, life: life, shelf: &shelf{all: map[string]*corev1.Secret{}}, worst: 1,
			replaced: map[string]*pod{}, born: map[string]time.Time{}, down: map[string]bool{}, at: func(*pod, string) {},
		}
		empty := EmptyState("ctl", "ci")
		b.shelf.put(empty)
		for _, p := range b.publications(secrets) {
			b.shelf.put(p.Empty())
		}
		b.shelf.changed = b.read
		b.login()
		test(t, b)
		for _, p := range b.pods {
			p.term()
		}
		for _, p := range b.pods {
			<-p.done
		}
		for _, s := range b.broken {
			t.Error(s)
		}
	})
}

func (b *bubble) publications(n int) (list []Publication) {
	for i := range n {
		list = append(list, Publication{Profile: "ci", Namespace: "team", Name: fmt.Sprint("s", i), Kind: BasicAuth, Username: "u"})
	}
	return list
}

// read is a reader's look, at the moment that matters: just before a Secret gets its next token.
func (b *bubble) read(old *corev1.Secret) {
	b.mu.Lock()
	defer b.mu.Unlock()
	born, ok := b.born[string(old.Data[corev1.BasicAuthPasswordKey])]
	if !ok {
		return
	}
	left := 1 - time.Since(born).Seconds()/b.life.Seconds()
	if b.worst = min(b.worst, left); left <= 0 {
		b.missed++
	}
}

func (b *bubble) breaks(format string, args ...any) {
	b.broken = append(b.broken, fmt.Sprintf(format, args...))
}

// state is what is stored.
func (b *bubble) state() State {
	s, err := decodeState(b.shelf.get(bubbleState).Data[stateKey])
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

// login is a person's.
func (b *bubble) login() {
	b.t.Helper()
	b.mu.Lock()
	a := b.issue()
	b.ended, b.logins = false, b.logins+1
	b.mu.Unlock()
	k := &Keeper{
		Profile: "ci", Identity: "id", Holder: "person", Clock: bubbleClock, Spread: rand.Float64,
		Store: &SecretStore{Secrets: b.shelf.Secrets("ctl"), Profile: "ci"},
	}
	if err := k.Login(b.t.Context(), func(context.Context, Attempt) (Answer, *Refusal) { return a, nil }); err != nil {
		b.t.Fatal(err)
	}
}

func bubbleClock() Stamp { return Stamp{Wall: time.Now()} }

func (b *bubble) issue() Answer {
	b.issued++
	b.current = fmt.Sprint("r", b.issued)
	b.born[fmt.Sprint("a", b.issued)] = time.Now()
	return Answer{Access: text(fmt.Sprint("a", b.issued)), Refresh: text(b.current), Life: b.life}
}

// The default Lease.
const (
	leaseDuration = 60 * time.Second
	renewDeadline = 40 * time.Second
	retryPeriod   = 2 * time.Second
)

// start starts a replica. clock is what it takes for the time.
func (b *bubble) start(clock Clock) *pod {
	p := &pod{
		bubble: b, name: fmt.Sprint("pod", len(b.pods)), clock: clock, end: make(chan struct{}), done: make(chan struct{}), cut: map[string]bool{},
	}
	b.mu.Lock()
	b.pods = append(b.pods, p)
	b.mu.Unlock()
	p.lost = &Lease{Interface: &podLock{p}, Clock: clock, Duration: leaseDuration}
	log := slog.New(slog.DiscardHandler)
	c := &Controller{
		Publications: b.publications(len(b.shelf.all) - 1), Troubles: &Troubles{Log: log},
		Metrics: NewMetrics(prometheus.NewRegistry(), []string{"ci"}), Lost: leaseDuration + 2*retryPeriod,
	}
	c.Publisher = &Publisher{
		Client: &podSecrets{p, flowcontrol.NewTokenBucketRateLimiter(50, 100)}, Clock: clock, Spread: rand.Float64, Troubles: c.Troubles, Metrics: c.Metrics,
	}
	c.Keepers = []*Keeper{{
		Profile: "ci", Identity: "id", Holder: p.name, Store: &SecretStore{Secrets: (&podSecrets{p, nil}).Secrets("ctl"), Profile: "ci"},
		Renewal: Renewal{Refresh: p.present, Client: func() string { return "c" }}, Clock: clock, Spread: rand.Float64,
		Fence: p.lost.Holds, Stopping: c.Stopping, Log: log, Done: func(string) {},
	}}
	p.ctl = c
	go func() {
		defer close(p.done)
		p.err = c.Serve(p.end, leaderelection.LeaderElectionConfig{
			Lock: p.lost, LeaseDuration: leaseDuration, RenewDeadline: renewDeadline, RetryPeriod: retryPeriod, ReleaseOnCancel: true, Name: LeaseName,
		})
	}()
	return p
}

// leader is who has the Lease.
func (b *bubble) leader() *pod {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.lease == nil {
		return nil
	}
	for _, p := range b.pods {
		if p.name == b.lease.HolderIdentity && !p.dead {
			return p
		}
	}
	return nil
}

// once has a function run at the first time that somebody comes to a gate from now on.
func (b *bubble) once(gate string, f func(p *pod)) {
	var one sync.Once
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at = func(p *pod, at string) {
		if at == gate {
			one.Do(func() { f(p) })
		}
	}
}
