package engine

import (
	"context"
	"errors"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/idcs"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// LoginAlone logs in by a method that needs no person: config.Assertion or config.ClientCredentials.
func (e *Engine) LoginAlone(ctx context.Context, method string) (cache.Result, error) {
	return e.login(ctx, func() (idcs.Grant, error) { return e.ownGrant(method) })
}

// LoginPassword logs in with the profile's user name and a password.
func (e *Engine) LoginPassword(ctx context.Context, password secret.Text) (cache.Result, error) {
	return e.login(ctx, func() (idcs.Grant, error) {
		return idcs.Password{Username: e.Profile.Username, Password: password, Scope: Scope(e.Profile)}, nil
	})
}

func (e *Engine) login(ctx context.Context, grant func() (idcs.Grant, error)) (cache.Result, error) {
	return e.warned(e.dir.Login(ctx, e.key, func(ctx context.Context, a cache.Attempt) (cache.Token, *cache.Refusal) {
		return e.ask(ctx, a, grant)
	}))
}

// LoginRefreshToken takes over a refresh token from elsewhere. It is spent at once: what is stored is
// the domain's answer, and nothing is stored if the domain refuses it.
func (e *Engine) LoginRefreshToken(ctx context.Context, refresh secret.Text) (cache.Result, error) {
	r, err := e.warned(e.dir.Exchange(ctx, e.key, refresh, e.renewal()))
	if f, ok := errors.AsType[*cache.Failure](err); ok && f.Class == Login {
		given := *f
		given.Class, given.Text = Failed, "the domain doesn't accept this refresh token: it was used before, revoked or has expired"
		return r, &given
	}
	return r, err
}

// Needs reports why a method can't be used with this profile, or nil.
func (e *Engine) Needs(method string) error {
	p := e.Profile
	switch {
	case method == config.Assertion && (p.User == nil || p.User.Subject == "" || p.User.KeyFile.IsZero()):
		return errors.New("it has no [profiles." + p.Name + ".user] with subject and key_file")
	case method == config.Password && p.Username == config.DefaultUsername:
		return errors.New("it has no username")
	}
	return nil
}
