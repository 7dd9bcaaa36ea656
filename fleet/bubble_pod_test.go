package fleet

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"

	"github.com/credential-idcs/credential-idcs/cache/policy"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// A pod is one replica's process.
type pod struct {
	*bubble
	name  string
	clock Clock
	ctl   *Controller
	lost  *Lease
	end   chan struct{}
	over  sync.Once
	done  chan struct{}
	err   error

	dead   bool
	cut    map[string]bool // its ways, "api" and "domain"
	frozen chan struct{}   // closed when it goes on; nil: it isn't stopped
	wrote  int             // published Secrets
	saw    int             // the Lease's version
	again  bool            // another was started in its place
}

func (p *pod) term() { p.over.Do(func() { close(p.end) }) }

// kill ends the process at its next call. An answer that it holds dies with it.
func (p *pod) kill() {
	stored := p.state().Refresh.Reveal()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dead = true
	p.lostLogin = p.lostLogin || p.replaced[stored] == p
}

// passes is each call of the process: here it is killed, stopped or cut off. What is on its way to the domain
// arrives, though the process is stopped.
func (p *pod) passes(gate, way string) error {
	p.mu.Lock()
	at := p.at
	dead := p.dead
	p.mu.Unlock()
	if !dead && gate != "" {
		at(p, gate)
	}
	p.mu.Lock()
	frozen := p.frozen
	p.mu.Unlock()
	if frozen != nil && gate != atSent && gate != atRotated {
		<-frozen
	}
	p.mu.Lock()
	dead, cut := p.dead, way != "" && (p.cut[way] || p.down[way])
	p.mu.Unlock()
	if dead {
		runtime.Goexit()
	}
	if cut {
		time.Sleep(callLimit)
		return errors.New("timeout")
	}
	return nil
}

// present is the domain.
func (p *pod) present(_ context.Context, refresh secret.Text, a Attempt) (Answer, *Refusal) {
	unsent := func(err error) (Answer, *Refusal) {
		return Answer{}, &Refusal{Failure: Failure{Text: "not sent"}, Verdict: policy.NotSent, Pause: policy.PauseConnect, Err: err}
	}
	if err := p.passes(atConnected, "domain"); err != nil {
		return unsent(err)
	}
	if err := a.Sending(); err != nil {
		return unsent(err)
	}
	doubt := &Refusal{Failure: Failure{Text: "no answer"}, Verdict: policy.Doubt, Pause: policy.PauseAnswer}
	p.mu.Lock()
	p.presented++
	p.mu.Unlock()
	if err := p.passes(atSent, "domain"); err != nil {
		return Answer{}, doubt
	}
	token := refresh.Reveal()
	answer, spent := p.judge(token)
	if spent {
		return Answer{}, &Refusal{Failure: Failure{Code: "invalid_grant", Text: "spent"}, Verdict: policy.Spent}
	}
	err := p.passes(atRotated, "domain")
	if err != nil {
		p.mu.Lock()
		p.lostLogin = true
		p.mu.Unlock()
		return Answer{}, doubt
	}
	_ = p.passes(atAnswered, "")
	return answer, nil
}

func (p *pod) judge(token string) (a Answer, spent bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if by, again := p.replaced[token]; again || p.ended || token != p.current {
		if again && !p.lostLogin {
			p.breaks("%s presents %s again, whose successor %s has", p.name, token, by.name)
		}
		p.ended = true
		return Answer{}, true
	}
	p.replaced[token] = p
	return p.issue(), false
}
