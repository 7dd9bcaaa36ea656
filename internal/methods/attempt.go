package methods

import (
	"errors"
	"time"

	"github.com/credential-idcs/credential-idcs/cache/policy"
	"github.com/credential-idcs/credential-idcs/idcs"
)

// skewMatters is the difference between the domain's clock and ours from which on assertions are
// corrected: below it, they pass as they are.
const skewMatters = 60 * time.Second

// TooFar reports whether the clocks differ so much that assertions are refused.
func TooFar(skew time.Duration) bool { return skew.Abs() > skewMatters }

// Send hands over a grant by post. Should the domain refuse an assertion and its Date show that our clock
// is wrong, it is handed over once more with corrected times: the client is judged before the grant, so
// the first request has spent nothing. The Clock is what the last answer said.
func Send(c *idcs.Client, g idcs.Grant, post func() (idcs.Answer, error)) (idcs.Answer, idcs.Clock, error) {
	answer, err := post()
	clock := clockOf(answer, err)
	if err != nil && clock.Known && refusedAssertion(c, g, err) && TooFar(clock.Skew-c.Skew) {
		c.Skew = clock.Skew
		answer, err = post()
		if again := clockOf(answer, err); again.Known {
			clock = again
		}
	}
	return answer, clock, err
}

func clockOf(a idcs.Answer, err error) idcs.Clock {
	if e, ok := errors.AsType[*idcs.Error](err); ok {
		return e.Clock
	}
	return a.Clock
}

// Signs reports whether a request holds a signed time.
func Signs(c *idcs.Client, g idcs.Grant) bool {
	_, client := c.Proof.(idcs.Assertion)
	_, user := g.(idcs.UserAssertion)
	return client || user
}

// refusedAssertion reports whether it may have been the times of an assertion that were refused, and
// that nothing was spent by it.
func refusedAssertion(c *idcs.Client, g idcs.Grant, err error) bool {
	e, ok := errors.AsType[*idcs.Error](err)
	if !ok || e.Outcome != idcs.Settled || !Signs(c, g) {
		return false
	}
	_, user := g.(idcs.UserAssertion)
	return e.Code == "invalid_client" || user && e.Code == "invalid_grant"
}

// A Judgement is what a failed request means for the refresh token, and for how long nobody tries again.
type Judgement struct {
	Text    string // for people
	Verdict policy.Verdict
	Pause   policy.Pause
}

// Judge judges what the domain said, or that it said nothing.
func Judge(f *idcs.Error) Judgement {
	j := Judgement{Text: f.Error(), Verdict: verdict(f), Pause: policy.PauseAnswer}
	switch f.Class {
	case idcs.ErrSpent:
		j.Pause = policy.NoPause
	case idcs.ErrConfiguration:
		j.Pause = policy.PauseClient
		if f.Code == "invalid_client" || f.Code == "unauthorized_client" {
			j.Text = "the domain refused the client" + inBrackets(f)
		}
	}
	if f.Outcome == idcs.NotSent {
		j.Pause = policy.PauseConnect
	}
	return j
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

// inBrackets is what a person hands to the administrator: ` (invalid_client, ecid A1b2c3d4e0000000)`.
func inBrackets(f *idcs.Error) string {
	if f.ECID == "" {
		return " (" + f.Code + ")"
	}
	return " (" + f.Code + ", ecid " + f.ECID + ")"
}
