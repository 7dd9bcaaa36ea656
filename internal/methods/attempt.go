package methods

import (
	"errors"
	"time"

	"github.com/credential-idcs/credential-idcs/idcs"
)

const (
	// skewMatters is the largest difference between the domain's clock and ours at which assertions are accepted
	// uncorrected.
	skewMatters = 60 * time.Second
	// mostSkew is the largest difference that is corrected. An older version may have stored a larger one.
	mostSkew = 24 * time.Hour
)

// TooFar reports whether the clocks differ so much that assertions are refused.
func TooFar(skew time.Duration) bool { return skew.Abs() > skewMatters }

// Correct sets the skew of a client that an earlier answer revealed, if it matters.
func Correct(c *idcs.Client, skew time.Duration) {
	if TooFar(skew) && skew.Abs() <= mostSkew {
		c.Skew = skew
	}
}

// Send sends a grant by post. If the domain refuses an assertion, and its Date shows that our clock is wrong, the grant
// is sent once more with corrected times: the domain checks the client before the grant, so the first request has spent
// nothing. The Clock is that of the last answer.
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

// Signs reports whether a request has an assertion, which has signed times.
func Signs(c *idcs.Client, g idcs.Grant) bool {
	_, client := c.Proof.(idcs.Assertion)
	_, user := g.(idcs.UserAssertion)
	return client || user
}

// refusedAssertion reports whether a request may have been refused for the times of an assertion, and spent nothing.
func refusedAssertion(c *idcs.Client, g idcs.Grant, err error) bool {
	e, ok := errors.AsType[*idcs.Error](err)
	if !ok || e.Outcome != idcs.Settled || !Signs(c, g) {
		return false
	}
	_, user := g.(idcs.UserAssertion)
	return e.Code == "invalid_client" || user && e.Code == "invalid_grant"
}
