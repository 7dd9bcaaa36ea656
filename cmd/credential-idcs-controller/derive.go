package main

import (
	"context"
	"errors"

	"github.com/credential-idcs/credential-idcs/fleet"
	"github.com/credential-idcs/credential-idcs/idcs"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/methods"
	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/internal/wire"
	"github.com/credential-idcs/credential-idcs/oci"
)

// derive makes one attempt to get the credential of a target by the profile's OCI principal; without a target, a token of
// the domain. subject is the profile's own token, if the principal is an exchange of it.
func (r *renewer) derive(ctx context.Context, target string, subject secret.Text, a fleet.Attempt) (fleet.Answer, *fleet.Refusal) {
	d, err := r.machine.Derive(ctx, r.profile, r.target(target), methods.Attempt{
		Connect: a.Connect, Skew: a.Skew, Log: func(string, ...any) {}, Sending: a.Sending,
		Subject: func(context.Context) (secret.Text, error) { return subject, nil },
	})
	if clock := clockOf(d, err); clock.Known {
		a.Clock(clock.Skew)
	}
	if err != nil {
		return fleet.Answer{}, r.refuseOracle(a, err)
	}
	return fleet.Answer{Access: d.Token, Life: d.Life}, nil
}

// target is the profile's target of that name, or nil.
func (r *renewer) target(name string) *config.Target {
	for i := range r.profile.Targets {
		if t := &r.profile.Targets[i]; t.String() == name {
			return t
		}
	}
	return nil
}

func clockOf(d methods.Derived, err error) wire.Clock {
	if f, ok := errors.AsType[*oci.Error](err); ok {
		return f.Clock
	}
	if f, ok := errors.AsType[*idcs.Error](err); ok {
		return f.Clock
	}
	return d.Clock
}

// refuseOracle is refuse for an error of Oracle's own services.
func (r *renewer) refuseOracle(a fleet.Attempt, err error) *fleet.Refusal {
	j, ok := methods.JudgeOracle(r.profile, err)
	if !ok {
		return r.refuse(a, err)
	}
	r.cause = err
	refusal := &fleet.Refusal{
		Failure: fleet.Failure{Class: j.Class, Text: j.Text, Command: j.Command}, Verdict: j.Verdict, Pause: j.Pause, Err: err,
	}
	if f, ok := errors.AsType[*oci.Error](err); ok {
		refusal.Failure.Code, refusal.Failure.Status, refusal.RetryAfter, refusal.Err = f.Code, f.Status, f.RetryAfter, f.Err
	}
	return refusal
}
