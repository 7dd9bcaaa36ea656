package engine

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/idcs"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/methods"
	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/oci"
)

// deriving is how a credential of an OCI principal is renewed: it is derived anew. Nothing that is sent for it can be
// spent, so a lost answer costs one more request and no login.
func (e *Engine) deriving() cache.Renewal {
	return cache.Renewal{
		Client: func() string { return e.Profile.ClientDigest(e.world.Getenv) },
		Way:    func() string { return e.Profile.WayDigest(e.proxy(e.asked())) },
		Grant: func(ctx context.Context, a cache.Attempt) (cache.Token, *cache.Refusal) {
			return e.derived(a, func(try methods.Attempt) (methods.Derived, error) {
				try.Subject = e.exchanged
				try.Sessions = e.sessions()
				return e.world.Derive(ctx, e.Profile, e.target, try)
			})
		},
	}
}

// asked is the server that a derived credential comes from: the registry, else the domain. A cluster's is made
// without a request.
func (e *Engine) asked() string {
	if e.target != nil && e.target.Kind == config.KindOCIR {
		return e.target.String()
	}
	return e.Profile.Domain
}

// derived makes one attempt and returns its result in the cache's types.
func (e *Engine) derived(a cache.Attempt, attempt func(methods.Attempt) (methods.Derived, error)) (cache.Token, *cache.Refusal) {
	d, err := attempt(methods.Attempt{Connect: a.Connect, Skew: a.Skew, Log: e.world.Log, Sending: a.Sending})
	clock := d.Clock
	if f, ok := errors.AsType[*oci.Error](err); ok {
		clock = f.Clock
	}
	if f, ok := errors.AsType[*idcs.Error](err); ok {
		clock = f.Clock
	}
	if clock.Known {
		a.Clock(clock.Skew)
		if oci.ClockMatters(clock.Skew) {
			e.clock = &call.ClockError{Skew: clock.Skew, Oracle: e.target == nil || e.target.Kind != config.KindToken}
		}
	}
	if err != nil {
		return cache.Token{}, e.refuseOracle(err)
	}
	if log := e.world.Log; log != nil {
		log("derived", "life", d.Life, "bytes", d.Token.Len(), "skew", clock.Skew.Round(time.Second))
	}
	return cache.Token{Access: d.Token, AccessStamp: cache.Stamp{Life: d.Life}}, nil
}

// exchanged is the profile's own access token, which an exchange begins with.
func (e *Engine) exchanged(ctx context.Context) (secret.Text, error) {
	own, err := New(e.world, e.Profile, nil)
	if err != nil {
		return secret.Text{}, err
	}
	r, err := own.Token(ctx, cache.Query{})
	return r.Token.Access, err
}

// sessions stores what a session file's token was renewed to, under a key of its own; nil: the session isn't renewed
// here. Its lock is taken inside that of the derived credential, and never the other way round. The session's
// private key is not stored with it, so a copy of the token alone is of no use.
func (e *Engine) sessions() methods.Sessions {
	if o := e.Profile.OCI; o.Principal != config.PrincipalSession || !o.Refresh || o.Identity(e.world.Getenv) == "" {
		return nil
	}
	return keptSessions{e, call.SessionKey(e.Profile, e.world.Getenv)}
}

type keptSessions struct {
	e   *Engine
	key cache.Key
}

// Stored takes no lock and no network: without a Grant nothing is renewed.
func (s keptSessions) Stored() secret.Text {
	r, err := s.e.dir.Token(context.Background(), s.key, cache.Query{}, cache.Renewal{Client: s.client})
	if err != nil {
		return secret.Text{}
	}
	return r.Token.Access
}

func (s keptSessions) client() string { return s.e.Profile.ClientDigest(s.e.world.Getenv) }

func (s keptSessions) Renewed(ctx context.Context, half time.Duration, renew func(context.Context, methods.Attempt) (methods.Derived, error)) (secret.Text, error) {
	r, err := s.e.dir.Token(ctx, s.key, cache.Query{MinTTL: half}, cache.Renewal{
		Client: s.client,
		Grant: func(ctx context.Context, a cache.Attempt) (cache.Token, *cache.Refusal) {
			return s.e.derived(a, func(try methods.Attempt) (methods.Derived, error) { return renew(ctx, try) })
		},
	})
	return r.Token.Access, err
}

// ForgetSession deletes what a session file's token was renewed to.
func (e *Engine) ForgetSession(ctx context.Context) error {
	return e.dir.Logout(ctx, call.SessionKey(e.Profile, e.world.Getenv), func(context.Context, secret.Text, time.Duration) error { return nil })
}

// Session is the session of the oci CLI's files, or what it was renewed to, as it is now.
func (e *Engine) Session(ctx context.Context) (*oci.FileSession, error) {
	return e.world.Session(ctx, e.Profile, e.sessions())
}

// SessionEnds is when that session ends, from the files alone; zero: there is none.
func (e *Engine) SessionEnds() time.Time { return call.SessionEnds(e.dir, e.Profile, e.world.Getenv) }

// Renewed is how the last attempt to renew that session failed; nil: it didn't, or isn't made here.
func (e *Engine) Renewed() *cache.Failure {
	if e.sessions() == nil {
		return nil
	}
	return e.dir.View(call.SessionKey(e.Profile, e.world.Getenv), cache.Renewal{}).Last
}

// Try derives the credential without storing it.
func (e *Engine) Try(ctx context.Context) (methods.Derived, error) {
	ctx, cancel := context.WithTimeout(ctx, loginLimit)
	defer cancel()
	return e.world.Derive(ctx, e.Profile, e.target, methods.Attempt{
		Connect: cache.ConnectPerson, Log: e.world.Log, Sending: func() error { return nil }, Subject: e.exchanged, Sessions: e.sessions(),
	})
}

// Unready is the failure of a principal whose files can't be used, for call.Explain.
func (e *Engine) Unready(err error) error { return &e.refuseOracle(err).Failure }

// refusedExchange is the message for an exchange that the domain refused, with what an administrator needs to find
// it in the log. The domain's own description isn't shown: it may quote the request.
func refusedExchange(d *idcs.Error) string {
	said := strings.TrimSpace(strconv.Itoa(d.Status) + " " + d.Code)
	if d.ECID != "" {
		said += ", ECID " + d.ECID
	}
	return "the domain refused the signed exchange (" + said + ")"
}

// refuseOracle is refuse for errors of Oracle's own services.
func (e *Engine) refuseOracle(err error) *cache.Refusal {
	if shared, ok := errors.AsType[*cache.Failure](err); ok { // of the token that is exchanged
		e.cause = err
		return &cache.Refusal{Failure: *shared, Verdict: cache.NotSent, Err: err}
	}
	j, ok := methods.JudgeOracle(e.Profile, err)
	if !ok {
		r := e.refuse(err)
		if d, ok := errors.AsType[*idcs.Error](err); ok && d.Status/100 == 4 && d.Class != idcs.ErrLater {
			r.Failure.Class, r.Pause = call.Configured, cache.PauseClient
			r.Failure.Text = refusedExchange(d)
		}
		return r
	}
	e.cause = err
	r := &cache.Refusal{Failure: cache.Failure{Class: j.Class, Text: j.Text, Command: j.Command}, Verdict: j.Verdict, Pause: j.Pause, Err: err}
	if f, ok := errors.AsType[*oci.Error](err); ok {
		r.Failure.Code, r.Failure.Status, r.RetryAfter, r.Err = f.Code, f.Status, f.RetryAfter, f.Err
	}
	return r
}
