package fleet

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/cache/policy"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// The model runs the real Keeper, not a copy of it: leader and others, each with turns of its own on one
// state Secret and one domain with one-time tokens. Each stops at every call of the API and of the domain.
// There the scheduler decides who goes on, who is killed, which answer is lost on its way, and how much
// time passes. A process that just isn't chosen is one that is stopped. The Lease is at its worst: it
// lets everybody send, but for who is stopped longer than it lives.

// An actor is one process.
type actor struct {
	m    *model
	name string
	k    *Keeper

	at      string // where it stops; "": it runs, or sleeps
	goOn    chan choice
	over    bool
	holding string // the successor that it got and hasn't saved
	history string
}

// A choice is what the scheduler tells a process, or the world.
type choice string

const (
	goes   choice = "goes on"
	dies   choice = "is killed"
	loses  choice = "gets no answer, though it was done"
	fails  choice = "gets no answer, and it was not done"
	waits  choice = "10 s pass"
	leaps  choice = "35 minutes pass" // to where the token is due
	quarts choice = "12 minutes pass" // to where a quarter of its life is left
)

type died struct{}

func (p *actor) stop(at string) choice {
	p.at = at
	c := <-p.goOn
	p.at = ""
	if c == dies {
		panic(died{})
	}
	return c
}

// A model is a world, its processes and what was seen of them.
type model struct {
	w         *world
	all       []*actor
	presented map[string]*presentation
	broken    string
	mischief  int
	leapt     int
	lostLogin bool // an answer died with its process, or on its way: a person must log in
}

// A presentation is the last one of a refresh token.
type presentation struct {
	by      *actor
	at      time.Time
	lost    bool // its answer will never come, or it never arrived
	saved   bool // its successor was stored
	refused bool
}

func (m *model) breaks(format string, args ...any) {
	if m.broken == "" {
		m.broken = fmt.Sprintf(format, args...)
	}
}

func newModel(t *testing.T, n int) *model {
	m := &model{w: newWorld(t), presented: map[string]*presentation{}}
	for i := range n {
		p := &actor{m: m, name: string(rune('a' + i)), goOn: make(chan choice)}
		p.k = m.w.keeper(p.name)
		p.k.Store = &stops{p, &worldStore{m.w, p.name}}
		p.k.Renewal.Refresh = p.present
		p.k.Fence = func(Stamp) bool { return true }
		m.all = append(m.all, p)
		go p.live()
	}
	return m
}

// live has turns until the process is killed.
func (p *actor) live() {
	defer func() {
		p.over = true
		if r := recover(); r != nil {
			if _, ok := r.(died); !ok {
				panic(r)
			}
		}
	}()
	for {
		p.stop("idle")
		_, _ = p.k.Turn(context.Background())
	}
}

// stops is the API with a stop before each call.
type stops struct {
	p *actor
	s Store
}

func (s *stops) Get(ctx context.Context) (Snapshot, error) {
	if c := s.p.stop("get"); c == fails {
		return Snapshot{}, errAPI
	}
	return s.s.Get(ctx)
}

func (s *stops) Swap(ctx context.Context, over Snapshot, state State) (Snapshot, error) {
	switch s.p.stop("swap") {
	case fails:
		return Snapshot{}, errAPI
	case loses:
		_, _ = s.s.Swap(ctx, over, state)
		return Snapshot{}, errAPI
	}
	got, err := s.s.Swap(ctx, over, state)
	return got, err
}

// present is the domain, and the way to it.
func (p *actor) present(_ context.Context, refresh secret.Text, a Attempt) (Answer, *Refusal) {
	m := p.m
	p.stop("connected")
	if err := a.Sending(); err != nil {
		return Answer{}, &Refusal{Failure: Failure{Text: "called off"}, Verdict: policy.NotSent, Pause: policy.PauseConnect, Err: err}
	}
	token := refresh.Reveal()
	m.judge(p, token)
	none := &Refusal{Failure: Failure{Text: "no answer"}, Verdict: policy.Doubt, Pause: policy.PauseAnswer}
	now := &presentation{by: p, at: m.w.now}
	m.presented[token] = now
	c := p.stop("sending")
	if c == fails {
		now.lost = true
		return Answer{}, none
	}
	if !m.w.alive[token] {
		now.refused = true
		return Answer{}, &Refusal{Failure: Failure{Code: "invalid_grant", Text: "spent"}, Verdict: policy.Spent}
	}
	delete(m.w.alive, token)
	access, next := m.w.issue()
	if c == loses {
		now.lost, m.lostLogin = true, true
		return Answer{}, none
	}
	p.holding = next
	p.stop("answered")
	return Answer{Access: text(access), Refresh: text(next), Life: time.Hour}, nil
}

// judge holds a presentation against what was promised: a token comes a second time only if its first
// answer can't come any more, or if its process was silent for so long that a quarter of the life is
// left and 30 s have passed.
func (m *model) judge(p *actor, token string) {
	before := m.presented[token]
	if before == nil {
		return
	}
	silent := m.w.now.Sub(before.at)
	left := (&State{Access: text("a"), Obtained: m.w.state().Obtained, Life: time.Hour}).left(Stamp{Wall: m.w.now})
	switch {
	case before.refused:
		m.breaks("%s presents %s again, which was refused", p.name, token)
	case before.saved && silent < 30*time.Second:
		m.breaks("%s presents %s, whose successor was saved", p.name, token)
	case before.lost || before.by.over:
	case silent < 30*time.Second:
		m.breaks("%s presents %s, %v after %s did", p.name, token, silent, before.by.name)
	case left > 15*time.Minute:
		m.breaks("%s presents %s with %v left, while %s may still answer", p.name, token, left, before.by.name)
	}
}

// check asserts what holds at every moment: the stored refresh token is one that the domain takes, or the
// state says why not, or a living process holds its successor.
func (m *model) check() {
	s := m.w.state()
	token := s.Refresh.Reveal()
	for _, p := range m.all {
		if p.holding == token {
			p.holding = ""
			for _, pr := range m.presented {
				if pr.by == p {
					pr.saved = true
				}
			}
		}
	}
	held := slices.ContainsFunc(m.all, func(p *actor) bool { return !p.over && p.holding != "" && m.w.alive[p.holding] })
	switch {
	case m.w.alive[token], s.spent(), s.doubt() != nil, held:
	default:
		m.breaks("the stored refresh token is dead, and nothing says why")
	}
}
