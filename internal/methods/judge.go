package methods

import (
	"errors"

	"github.com/credential-idcs/credential-idcs/cache/policy"
	"github.com/credential-idcs/credential-idcs/idcs"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/text"
	"github.com/credential-idcs/credential-idcs/internal/wire"
)

// A Judgement is what a failed request means: whether the refresh token is spent, how long nobody tries again, and the
// message for people. It is stored beside the tokens, in files or in a Secret.
type Judgement struct {
	Class   string // policy.Configured, Login, Later or Failed
	Text    string // for people
	Command string // what mends it; empty: the usual command of the class
	Verdict policy.Verdict
	Pause   policy.Pause
}

// A Before is what was known before the request.
type Before struct {
	Person bool // a person logs in, and can mend what is wrong
	// Status and Text are those of the failure before; both zero: there was none.
	Status int
	Text   string
}

// Judge judges a failed request to the domain.
func Judge(f *idcs.Error, b Before) Judgement {
	j := Judgement{Class: policy.Failed, Text: f.Error(), Verdict: verdict(f), Pause: policy.PauseAnswer}
	switch f.Class {
	case idcs.ErrSpent:
		j.Class, j.Pause = policy.Login, policy.NoPause
	case idcs.ErrConfiguration:
		j.Class, j.Pause = policy.Configured, policy.PauseClient
		if f.Code == "invalid_client" || f.Code == "unauthorized_client" {
			j.Text = "the domain refused the client" + inBrackets(f)
		}
		if f.Clock.Wild {
			j.Text += "; " + wild(f.Clock)
		}
	case idcs.ErrLater, idcs.ErrInDoubt:
		j.Class = policy.Later
	}
	if f.Suspect && (b.Person || b.same(f)) {
		j.Class, j.Pause = policy.Configured, policy.PauseClient
	}
	if early(f) {
		j.Command = text.SyncClock()
	}
	switch {
	case f.Unsupported:
		j.Pause = policy.PauseWay
	case f.Outcome == idcs.NotSent:
		j.Pause = policy.PauseConnect
	}
	return j
}

// SignedAtAWrongTime reports whether the domain refused an assertion, and its clock and ours are too far apart to be
// corrected.
func SignedAtAWrongTime(p *config.Profile, f *idcs.Error) bool {
	return f.Code == "invalid_client" && f.Clock.Wild && p.Client != nil && p.Client.Signs()
}

// early reports whether a server's certificate isn't valid yet, so that this machine's clock must be wrong.
func early(err error) bool {
	wrong, ok := errors.AsType[*wire.TimeError](err)
	return ok && wrong.Early
}

// same reports whether the failure before was of the same kind: a single one may come from an outage.
func (b Before) same(f *idcs.Error) bool {
	return b.Text != "" && b.Status == f.Status && (f.Status != 0 || b.Text == f.Error())
}

func verdict(f *idcs.Error) policy.Verdict {
	switch {
	case f.Class == idcs.ErrSpent:
		return policy.Spent
	case f.Outcome == idcs.NotSent:
		return policy.NotSent
	case f.Outcome == idcs.Settled:
		return policy.Settled
	}
	return policy.Doubt
}

// wild is the part of a message about a Date that is too far from our clock to be corrected.
func wild(c idcs.Clock) string {
	way, by := "behind", c.Skew
	if by < 0 {
		way, by = "ahead of", -by
	}
	return "this machine's clock is " + text.Duration(by) + " " + way + " the domain's Date, too far to be corrected by it"
}

// inBrackets is what an administrator needs to find the request: ` (invalid_client, ecid A1b2c3d4e0000000)`.
func inBrackets(f *idcs.Error) string {
	if f.ECID == "" {
		return " (" + f.Code + ")"
	}
	return " (" + f.Code + ", ecid " + f.ECID + ")"
}
