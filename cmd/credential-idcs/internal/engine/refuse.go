package engine

import (
	"errors"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/idcs"
	"github.com/credential-idcs/credential-idcs/internal/methods"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// refuse returns what a failed attempt means, in the cache's types: whether the refresh token is spent, how long
// nobody tries again, and the message for people.
func (e *Engine) refuse(err error) *cache.Refusal {
	e.cause = err
	f, ok := errors.AsType[*idcs.Error](err)
	if !ok {
		return e.unready(err)
	}
	b := methods.Before{Person: e.person}
	if e.last != nil {
		b.Status, b.Text = e.last.Status, e.last.Text
	}
	j := methods.Judge(f, b)
	if methods.SignedAtAWrongTime(e.Profile, f) {
		j.Command = text.SyncClock()
	}
	return &cache.Refusal{
		Failure: cache.Failure{
			Class: j.Class, Code: f.Code, Description: f.Description, ECID: f.ECID, Status: f.Status, Text: j.Text, Command: j.Command,
		},
		Verdict: j.Verdict, Pause: j.Pause, RetryAfter: f.RetryAfter, Refresh: f.Refresh, Err: f.Err,
	}
}

// unready is the refusal for a key, secret or certificate of the profile that can't be used. There is no pause, so
// that the next call after it was mended works at once.
func (e *Engine) unready(err error) *cache.Refusal {
	return &cache.Refusal{
		Failure: cache.Failure{Class: call.Configured, Text: err.Error(), Command: e.world.Mend(e.Profile, err)},
		Verdict: cache.NotSent,
		Err:     err,
	}
}
