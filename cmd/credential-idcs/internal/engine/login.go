package engine

import (
	"context"
	"errors"
	"time"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/idcs"
	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/internal/signin"
)

// LoginAlone logs in by a method that needs no person.
func (e *Engine) LoginAlone(ctx context.Context, method string) (cache.Result, error) {
	return e.login(ctx, func() (idcs.Grant, error) { return e.ownGrant(method) })
}

// LoginPassword logs in with the profile's user name and a password.
func (e *Engine) LoginPassword(ctx context.Context, password secret.Text) (cache.Result, error) {
	return e.login(ctx, func() (idcs.Grant, error) {
		return idcs.Password{Username: e.Profile.Username, Password: password, Scope: e.Profile.LoginScope()}, nil
	})
}

// loginLimit is how long the domain may take to answer a login. A person waits, and nobody else.
const loginLimit = 45 * time.Second

func (e *Engine) login(ctx context.Context, grant func() (idcs.Grant, error)) (cache.Result, error) {
	e.person = true
	defer e.asksPerson()()
	r, err := e.dir.Login(ctx, e.settled(ctx), func(ctx context.Context, a cache.Attempt) (cache.Token, *cache.Refusal) {
		ctx, cancel := context.WithTimeout(ctx, loginLimit)
		defer cancel()
		return e.ask(ctx, a, grant)
	})
	return e.loggedIn(ctx, r, err)
}

// LoginBrowser logs in with the person's browser.
func (e *Engine) LoginBrowser(ctx context.Context, p signin.Person) (cache.Result, error) {
	e.person = true
	defer e.asksPerson()()
	issuer, _ := e.IssuedFor(false)
	back := signin.Return{RedirectURL: e.Profile.RedirectURL, Listen: e.Profile.Listen, Issuers: []string{issuer}}
	var visit *signin.Visit
	r, err := e.dir.Login(ctx, e.settled(ctx), func(ctx context.Context, a cache.Attempt) (cache.Token, *cache.Refusal) {
		c, err := e.client(ctx, a)
		if err != nil {
			return cache.Token{}, e.refuse(err)
		}
		visit, err = signin.Browser(ctx, p, c, e.Profile.LoginScope(), back)
		if err != nil {
			return cache.Token{}, e.refusePerson(err)
		}
		ctx, cancel := context.WithTimeout(ctx, loginLimit)
		defer cancel()
		answer, err := e.send(ctx, c, a, visit.Grant)
		if err == nil {
			err = visit.Check(answer)
		}
		if err != nil {
			return cache.Token{}, e.refusePerson(err)
		}
		return token(answer), nil
	})
	visit.Close(err) // the page says what really happened, so it waits until the tokens are stored
	return e.loggedIn(ctx, r, err)
}

// LoginDevice logs in with a browser on another device.
func (e *Engine) LoginDevice(ctx context.Context, p signin.Person) (cache.Result, error) {
	e.person = true
	defer e.asksPerson()()
	r, err := e.dir.Login(ctx, e.settled(ctx), func(ctx context.Context, a cache.Attempt) (cache.Token, *cache.Refusal) {
		c, err := e.client(ctx, a)
		if err != nil {
			return cache.Token{}, e.refuse(err)
		}
		answer, err := signin.Device(ctx, p, c, e.Profile.LoginScope(), func(ctx context.Context, g idcs.Grant) (idcs.Answer, error) {
			ctx, cancel := context.WithTimeout(ctx, loginLimit)
			defer cancel()
			return e.send(ctx, c, a, g)
		})
		if err != nil {
			return cache.Token{}, e.refusePerson(err)
		}
		return token(answer), nil
	})
	return e.loggedIn(ctx, r, err)
}

// refusePerson is refuse for a login that may also have failed because of what a person did.
func (e *Engine) refusePerson(err error) *cache.Refusal {
	if _, ok := errors.AsType[*idcs.Error](err); ok {
		return e.refuse(err)
	}
	e.cause = err
	return &cache.Refusal{Failure: cache.Failure{Class: call.Failed, Text: err.Error()}, Err: err}
}

// Cause is the original error of the last attempt, nil if it didn't fail. It has more than the failure that is
// stored, for advice to a person.
func (e *Engine) Cause() error { return e.cause }

// LoginRefreshToken logs in with a refresh token from elsewhere. The token is spent at once, and the domain's answer
// is stored; nothing is stored if the domain refuses it.
func (e *Engine) LoginRefreshToken(ctx context.Context, refresh secret.Text) (cache.Result, error) {
	e.person = true
	defer e.asksPerson()()
	r, err := e.warned(e.dir.Exchange(ctx, e.settled(ctx), refresh, e.renewal()))
	if f, ok := errors.AsType[*cache.Failure](err); ok && f.Class == call.Login {
		given := *f
		given.Class, given.Text = call.Failed, "the domain doesn't accept this refresh token: it was used before, revoked or has expired"
		return r, &given
	}
	return r, err
}
