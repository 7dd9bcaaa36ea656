package engine

import (
	"context"
	"strings"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/idcs"
	"github.com/credential-idcs/credential-idcs/internal/methods"
)

// renewal is how this profile's tokens are renewed: by the refresh grant, and if the login needs no person, also by
// that login.
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

// compare sets e.subject if a refresh brought the token of another user, as far as the tokens tell.
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

// ask makes one attempt.
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

// token is a domain's answer as the cache stores it.
func token(a idcs.Answer) cache.Token {
	return cache.Token{
		Access: a.Access, Refresh: a.Refresh, ID: a.ID, Scope: a.Scope,
		AccessStamp: cache.Stamp{Life: a.Life}, IDStamp: cache.Stamp{Life: a.IDLife},
	}
}

// send sends a grant, and once more if it was refused because of this machine's clock.
func (e *Engine) send(ctx context.Context, c *idcs.Client, a cache.Attempt, g idcs.Grant) (idcs.Answer, error) {
	answer, clock, err := methods.Send(c, g, func() (idcs.Answer, error) { return e.post(ctx, c, a, g) })
	if clock.Known {
		a.Clock(clock.Skew)
		if methods.Signs(c, g) && methods.TooFar(clock.Skew) {
			e.clock = &call.ClockError{Skew: clock.Skew}
		}
	}
	return answer, err
}
