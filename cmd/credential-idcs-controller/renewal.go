package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/cache/policy"
	"github.com/credential-idcs/credential-idcs/fleet"
	"github.com/credential-idcs/credential-idcs/idcs"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/methods"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// A renewer gets one profile's tokens from its domain.
type renewer struct {
	profile *config.Profile
	machine methods.Machine
	person  bool  // a person is logging in
	cause   error // why the last attempt failed
}

func (a *app) renewer(p *config.Profile) *renewer {
	var hide []string
	for _, other := range a.file.Profiles {
		if other.Client != nil && other.Client.SecretEnv != "" {
			hide = append(hide, other.Client.SecretEnv)
		}
	}
	return &renewer{profile: p, machine: methods.Machine{
		Now: a.Now, Rand: a.Rand, UserAgent: "credential-idcs-controller",
		Proxy: func(u *url.URL) (*url.URL, error) {
			return http.ProxyFromEnvironment(&http.Request{URL: u})
		},
		Getenv: a.Getenv, Environ: a.Environ, Hide: hide,
	}}
}

// identity is a digest of the settings by which a token file is named: tokens with the same digest are interchangeable.
func (a *app) identity(p *config.Profile) string {
	parts := []string{p.Domain, p.ClientID, p.Login, p.Subject(), p.LoginScope()}
	if p.Login == config.OCILogin {
		parts = append(parts, p.OCI.Identity(a.Getenv))
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// renewal is how the profile's tokens are renewed. If its login needs no person, it is repeated in place of a refresh, so
// nothing is spent. own: the profile's own token is needed.
func (r *renewer) renewal(own bool) fleet.Renewal {
	renewal := fleet.Renewal{Client: func() string { return r.profile.ClientDigest(r.machine.Getenv) }}
	if r.profile.OCI != nil {
		renewal.Derive = r.derive
	}
	if r.profile.Login == config.OCILogin {
		if own {
			renewal.Grant = func(ctx context.Context, a fleet.Attempt) (fleet.Answer, *fleet.Refusal) {
				return r.derive(ctx, "", secret.Text{}, a)
			}
		}
		return renewal
	}
	if m := methods.Named(r.profile.Login); m != nil && m.Grant != nil {
		renewal.Grant = func(ctx context.Context, a fleet.Attempt) (fleet.Answer, *fleet.Refusal) {
			return r.ask(ctx, a, func() (idcs.Grant, error) { return m.Grant(r.machine, r.profile) })
		}
		return renewal
	}
	renewal.Refresh = func(ctx context.Context, refresh secret.Text, a fleet.Attempt) (fleet.Answer, *fleet.Refusal) {
		return r.ask(ctx, a, func() (idcs.Grant, error) {
			return idcs.RefreshToken{Token: refresh, Scope: r.profile.RefreshScope}, nil
		})
	}
	return renewal
}

// client is the domain's client with its proof, for one attempt.
func (r *renewer) client(ctx context.Context, a fleet.Attempt) (*idcs.Client, error) {
	c, err := r.machine.Client(ctx, r.profile)
	if err != nil {
		return nil, err
	}
	c.Connect = a.Connect
	methods.Correct(c, a.Skew)
	return c, nil
}

// ask makes one attempt.
func (r *renewer) ask(ctx context.Context, a fleet.Attempt, grant func() (idcs.Grant, error)) (fleet.Answer, *fleet.Refusal) {
	c, err := r.client(ctx, a)
	if err != nil {
		return fleet.Answer{}, r.refuse(a, err)
	}
	g, err := grant()
	if err != nil {
		return fleet.Answer{}, r.refuse(a, err)
	}
	answer, err := r.send(ctx, c, a, g)
	if err != nil {
		return fleet.Answer{}, r.refuse(a, err)
	}
	return taken(answer), nil
}

func (r *renewer) send(ctx context.Context, c *idcs.Client, a fleet.Attempt, g idcs.Grant) (idcs.Answer, error) {
	answer, clock, err := methods.Send(c, g, func() (idcs.Answer, error) { return c.Token(ctx, g, a.Sending) })
	if clock.Known {
		a.Clock(clock.Skew)
	}
	return answer, err
}

func taken(a idcs.Answer) fleet.Answer {
	return fleet.Answer{Access: a.Access, Refresh: a.Refresh, ID: a.ID, Life: a.Life, IDLife: a.IDLife, Scope: a.Scope}
}

// refuse is the error of an attempt as fleet.Refusal.
func (r *renewer) refuse(a fleet.Attempt, err error) *fleet.Refusal {
	r.cause = err
	f, ok := errors.AsType[*idcs.Error](err)
	if !ok { // a key, a secret or a certificate of the profile
		return &fleet.Refusal{
			Failure: fleet.Failure{Class: policy.Configured, Text: err.Error()}, Verdict: policy.NotSent, Pause: policy.PauseConnect, Err: err,
		}
	}
	b := methods.Before{Person: r.person}
	if a.Last != nil {
		b.Status, b.Text = a.Last.Status, a.Last.Text
	}
	j := methods.Judge(f, b)
	return &fleet.Refusal{
		Failure: fleet.Failure{Class: j.Class, Code: f.Code, Description: f.Description, ECID: f.ECID, Status: f.Status, Text: j.Text},
		Verdict: j.Verdict, Pause: j.Pause, RetryAfter: f.RetryAfter, Refresh: f.Refresh, Err: f.Err,
	}
}

// refusePerson is refuse for a login, which may also fail by what a person did.
func (r *renewer) refusePerson(a fleet.Attempt, err error) *fleet.Refusal {
	if _, ok := errors.AsType[*idcs.Error](err); ok {
		return r.refuse(a, err)
	}
	r.cause = err
	return &fleet.Refusal{Failure: fleet.Failure{Class: policy.Failed, Text: err.Error()}, Err: err}
}

// revoke revokes a refresh token at the domain.
func (r *renewer) revoke(ctx context.Context, refresh secret.Text, skew time.Duration) error {
	c, err := r.client(ctx, fleet.Attempt{Connect: 10 * time.Second, Skew: skew})
	if err != nil {
		return err
	}
	return c.Revoke(ctx, refresh, nil)
}
