package engine

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/idcs"
	"github.com/credential-idcs/credential-idcs/internal/methods"
)

// renewal is how this profile's tokens are renewed: by the refresh grant, and where the login needs
// no person, by that login itself.
func (e *Engine) renewal() cache.Renewal {
	if call.Derived(e.Profile, e.target) {
		return e.deriving()
	}
	r := cache.Renewal{
		Client: func() string { return e.Profile.ClientDigest(e.world.Getenv) },
		Way:    func() string { return e.Profile.WayDigest(e.proxy(e.Profile.Domain)) },
	}
	r.Refresh = func(ctx context.Context, old cache.Token, a cache.Attempt) (cache.Token, *cache.Refusal) {
		t, refusal := e.ask(ctx, a, func() (idcs.Grant, error) {
			return idcs.RefreshToken{Token: old.Refresh, Scope: e.Profile.RefreshScope}, nil
		})
		if refusal == nil {
			e.compare(old, t)
		}
		return t, refusal
	}
	if e.Profile.Alone() {
		r.Grant = func(ctx context.Context, a cache.Attempt) (cache.Token, *cache.Refusal) {
			return e.ask(ctx, a, func() (idcs.Grant, error) { return e.ownGrant(e.Profile.Login) })
		}
	}
	return r
}

// compare notes that a refresh brought the token of another user. Both are known only where the tokens
// say it.
func (e *Engine) compare(old, t cache.Token) {
	before, now := SubjectOf(old), SubjectOf(t)
	if before != "" && now != "" && !strings.EqualFold(before, now) {
		e.subject = &call.SubjectError{Before: before, Now: now}
	}
}

// ownGrant is the grant of a login that needs no person.
func (e *Engine) ownGrant(login string) (idcs.Grant, error) {
	return methods.Named(login).Grant(e.world.Machine, e.Profile)
}

// skewMatters is the difference between the domain's clock and ours from which on assertions are
// corrected: below it, they pass as they are.
const skewMatters = 60 * time.Second

// ask makes one attempt. Should the domain refuse an assertion and its Date show that our clock is
// wrong, the attempt is repeated once with corrected times: the client is judged before the grant, so
// the first request has spent nothing.
func (e *Engine) ask(ctx context.Context, a cache.Attempt, grant func() (idcs.Grant, error)) (cache.Token, *cache.Refusal) {
	e.last = a.Last
	c, err := e.client(ctx, a)
	if err != nil {
		return cache.Token{}, e.refuse(err)
	}
	g, err := grant()
	if err != nil {
		return cache.Token{}, e.refuse(err)
	}
	answer, err := e.send(ctx, c, a, g)
	if err != nil {
		return cache.Token{}, e.refuse(err)
	}
	return token(answer), nil
}

// token is a domain's answer in the cache's words.
func token(a idcs.Answer) cache.Token {
	return cache.Token{
		Access: a.Access, Refresh: a.Refresh, ID: a.ID, Scope: a.Scope,
		AccessStamp: cache.Stamp{Life: a.Life}, IDStamp: cache.Stamp{Life: a.IDLife},
	}
}

// send hands over a grant, and once more if our clock was to blame.
func (e *Engine) send(ctx context.Context, c *idcs.Client, a cache.Attempt, g idcs.Grant) (idcs.Answer, error) {
	answer, err := e.post(ctx, c, a, g)
	clock := clockOf(answer, err)
	if err != nil && clock.Known && refusedAssertion(c, g, err) && tooFar(clock.Skew-c.Skew) {
		c.Skew = clock.Skew
		answer, err = e.post(ctx, c, a, g)
		if again := clockOf(answer, err); again.Known {
			clock = again
		}
	}
	if clock.Known {
		a.Clock(clock.Skew)
		if signs(c, g) && tooFar(clock.Skew) {
			e.clock = &call.ClockError{Skew: clock.Skew}
		}
	}
	return answer, err
}

func clockOf(a idcs.Answer, err error) idcs.Clock {
	if e, ok := errors.AsType[*idcs.Error](err); ok {
		return e.Clock
	}
	return a.Clock
}

func tooFar(skew time.Duration) bool { return skew.Abs() > skewMatters }

// mostSkew is the largest difference that is corrected; what an older version stored may be larger.
const mostSkew = 24 * time.Hour

// signs reports whether a request holds a signed time.
func signs(c *idcs.Client, g idcs.Grant) bool {
	_, client := c.Proof.(idcs.Assertion)
	_, user := g.(idcs.UserAssertion)
	return client || user
}

// refusedAssertion reports whether it may have been the times of an assertion that were refused, and
// that nothing was spent by it.
func refusedAssertion(c *idcs.Client, g idcs.Grant, err error) bool {
	e, ok := errors.AsType[*idcs.Error](err)
	if !ok || e.Outcome != idcs.Settled || !signs(c, g) {
		return false
	}
	_, user := g.(idcs.UserAssertion)
	return e.Code == "invalid_client" || user && e.Code == "invalid_grant"
}
