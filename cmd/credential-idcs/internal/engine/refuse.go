package engine

import (
	"errors"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/idcs"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// refuse says in the cache's words what a failed attempt means: for the refresh token, for how long
// nobody tries again, and for people.
func (e *Engine) refuse(err error) *cache.Refusal {
	e.cause = err
	f, ok := errors.AsType[*idcs.Error](err)
	if !ok {
		return e.unready(err)
	}
	r := &cache.Refusal{
		Failure: cache.Failure{
			Class: call.Failed, Code: f.Code, Description: f.Description, ECID: f.ECID, Status: f.Status, Text: f.Error(),
		},
		Verdict: verdict(f), Pause: cache.PauseAnswer, RetryAfter: f.RetryAfter, Refresh: f.Refresh, Err: f.Err,
	}
	switch f.Class {
	case idcs.ErrSpent:
		r.Failure.Class, r.Pause = call.Login, cache.NoPause
	case idcs.ErrConfiguration:
		r.Failure.Class, r.Pause = call.Configured, cache.PauseClient
		if f.Code == "invalid_client" || f.Code == "unauthorized_client" {
			r.Failure.Text = "the domain refused the client" + inBrackets(f)
		}
		if f.Clock.Wild {
			r.Failure.Text += "; " + wild(f.Clock)
		}
	case idcs.ErrLater, idcs.ErrInDoubt:
		r.Failure.Class = call.Later
	}
	if f.Suspect && (e.person || again(e.last, f)) {
		r.Failure.Class, r.Pause = call.Configured, cache.PauseClient
	}
	switch {
	case f.Unsupported:
		r.Pause = cache.PauseWay
	case f.Outcome == idcs.NotSent:
		r.Pause = cache.PauseConnect
	}
	return r
}

// again reports whether the failure before was of the same kind: one of them may be an outage's.
func again(last *cache.Failure, f *idcs.Error) bool {
	return last != nil && last.Status == f.Status && (f.Status != 0 || last.Text == f.Error())
}

// wild says of a Date that nothing is corrected by it.
func wild(c idcs.Clock) string {
	way, by := "behind", c.Skew
	if by < 0 {
		way, by = "ahead of", -by
	}
	return "this machine's clock is " + text.Life(by) + " " + way + " the domain's Date, too far to be corrected by it"
}

func verdict(f *idcs.Error) cache.Verdict {
	switch {
	case f.Class == idcs.ErrSpent:
		return cache.Spent
	case f.Outcome == idcs.NotSent:
		return cache.NotSent
	case f.Outcome == idcs.Settled:
		return cache.Settled
	}
	return cache.Doubt
}

// inBrackets is what a person hands to the administrator: ` (invalid_client, ecid A1b2c3d4e0000000)`.
func inBrackets(f *idcs.Error) string {
	if f.ECID == "" {
		return " (" + f.Code + ")"
	}
	return " (" + f.Code + ", ecid " + f.ECID + ")"
}

// unready is a key, secret or certificate of the profile that can't be used. There is no pause: it
// is looked at again with each call, so that what was mended works at once.
func (e *Engine) unready(err error) *cache.Refusal {
	return &cache.Refusal{
		Failure: cache.Failure{Class: call.Configured, Text: err.Error(), Command: e.world.Mend(e.Profile, err)},
		Verdict: cache.NotSent,
		Err:     err,
	}
}
