//go:build linux

package cache

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// The model runs the real code, not a copy of it: Token, Login, Logout and Drop on a real folder,
// each as a process of its own with its own Dir and pid. Each stops wherever the code asks the
// machine or the domain something: at System.Log, Now and Machine and in the functions of the
// Renewal. There the scheduler decides who goes on, who dies, which answer is lost, and when somebody
// deletes the lock file. Time is that of testing/synctest, so nobody really waits. What happens
// between two stops happens at once; e2e/fire kills real processes at each system call in there.

// An actor is one process: at a stop, at its end or dead.
type actor struct {
	w    *world
	name string
	pid  int
	do   func(*actor, *Dir) (Result, error)

	at      string // where it stops; "": it runs, or waits for time to pass
	goOn    chan verb
	over    bool
	dead    bool
	sending bool   // inside Attempt.Sending
	sent    string // the refresh token whose answer is awaited, or isn't saved yet
	spread  int    // random numbers that aren't for waiting: of the early zone, of a pause
	history string // digest of all it can know

	result Result
	err    error
}

// Messages of the log at which a process stops: what it decides on is read then.
const (
	lookedAt    = "token looked at"
	lookedAgain = "token looked at again"
)

// A verb is what the scheduler tells a process.
type verb string

const (
	goes    verb = "goes on"
	ends    verb = "goes on to its end" // or until it has to wait
	dies    verb = "is killed"
	loses   verb = "gets no answer, though the domain replaced its token"
	fails   verb = "gets no answer, and the domain never saw its request"
	unlocks verb = "lock file deleted" // by somebody else
	hides   verb = "KEY.new can't be read until the last call"
	copies  verb = "the folder is replaced by a copy of itself"
)

// killed is what a killed process panics with.
type killed struct{}

// stop waits at a place until the scheduler says what happens.
func (p *actor) stop(at string) verb {
	p.at = at
	v := <-p.goOn
	p.at = ""
	if v == dies {
		panic(killed{})
	}
	return v
}

// live runs the process from its first stop to its end.
func (p *actor) live() {
	defer func() {
		p.over = true
		if r := recover(); r != nil {
			if _, ok := r.(killed); !ok {
				panic(r)
			}
			p.dead = true
		}
	}()
	p.stop("start")
	d, err := Open(p.w.path, p.system())
	if err != nil {
		p.err = err
		return
	}
	d.room = modelRoom
	p.result, p.err = p.do(p, d)
}

// system is the machine as the process sees it.
func (p *actor) system() System {
	s := System{
		UID: os.Geteuid(), Pid: p.pid,
		Boot:      func() time.Duration { return 0 },
		NetworkFS: func(string) bool { return false },
		Shield:    func() func() error { return func() error { return nil } },
		Process: func(pid int) (string, bool) {
			i := slices.IndexFunc(p.w.all, func(q *actor) bool { return q.pid == pid })
			return "1", i >= 0 && !p.w.all[i].over
		},
		Spread: func() float64 {
			switch {
			case p.spread > 0:
				p.spread--
			default: // of the wait for a busy lock
				p.stop("busy")
			}
			return 0
		},
		Now: func() time.Time {
			if p.name == "erase" { // it has no other stops
				p.stop("clock")
			}
			return p.w.now
		},
		Machine: func() string {
			if p.sending {
				p.stop("machine")
			}
			return "m"
		},
		Log: func(msg string, _ ...any) {
			switch msg {
			case lookedAt, lookedAgain, "saved":
				p.stop(msg)
			}
		},
	}
	p.w.seals(&s)
	return s
}

// renewal asks the world's domain.
func (p *actor) renewal() Renewal {
	return Renewal{Client: func() string { return "c" }, Refresh: func(_ context.Context, old Token, a Attempt) (Token, *Refusal) {
		return p.send(old.Refresh, a)
	}}
}

// send sends a refresh token, or, for the empty one, a grant that needs none.
func (p *actor) send(refresh secret.Text, a Attempt) (Token, *Refusal) {
	p.stop("connected")
	p.sending = true
	err := a.Sending()
	p.sending = false
	if err != nil {
		return Token{}, &Refusal{Failure: Failure{Text: "not sent"}, Err: err}
	}
	p.sent = refresh.Reveal()
	v := p.stop("sending")
	doubt := func() (Token, *Refusal) {
		p.sent = ""
		p.spread++
		return Token{}, &Refusal{Failure: Failure{Text: "no answer"}, Verdict: Doubt, Pause: PauseAnswer}
	}
	if v == fails {
		p.w.presented[p.sent] = "lost"
		return doubt()
	}
	access, next := p.w.present(p)
	if v == loses {
		p.w.lost, p.w.presented[p.sent] = true, "lost"
		return doubt()
	}
	p.stop("answered")
	if next == "" {
		p.sent = ""
		return Token{}, &Refusal{Failure: Failure{Code: "invalid_grant", Text: "refused"}, Verdict: Spent}
	}
	t := Token{Access: text(access), Refresh: text(next)}
	t.AccessStamp.Life = time.Hour
	return t, nil
}

// Processes of the model.

func refresher(want Query) func(*actor, *Dir) (Result, error) {
	return func(p *actor, d *Dir) (Result, error) {
		return d.Token(context.Background(), testKey, want, p.renewal())
	}
}

func loginer(p *actor, d *Dir) (Result, error) {
	return d.Login(context.Background(), testKey, func(_ context.Context, a Attempt) (Token, *Refusal) { return p.send(secret.Text{}, a) })
}

func logouter(p *actor, d *Dir) (Result, error) {
	return Result{}, d.Logout(context.Background(), testKey, func(_ context.Context, refresh secret.Text, _ time.Duration) error {
		p.stop("revoking")
		var family int
		_, _ = fmt.Sscanf(refresh.Reveal(), "%d-", &family)
		for token := range p.w.alive {
			if strings.HasPrefix(token, fmt.Sprintf("%d-", family)) {
				delete(p.w.alive, token)
			}
		}
		p.w.revoked = true
		p.stop("revoked")
		return nil
	})
}

func eraser(p *actor, d *Dir) (Result, error) {
	return Result{}, d.Drop(context.Background(), testKey, text("access-1-1"))
}

func looker(p *actor, d *Dir) (Result, error) {
	return d.Token(context.Background(), testKey, Query{CachedOnly: true}, Renewal{})
}

var cast = map[string]func(*actor, *Dir) (Result, error){
	"refresher": refresher(Query{}), "forced": refresher(Query{Force: true}), "login": loginer, "logout": logouter, "erase": eraser, "reader": looker,
}
