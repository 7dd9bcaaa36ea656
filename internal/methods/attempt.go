package methods

import (
	"errors"
	"time"

	"github.com/credential-idcs/credential-idcs/idcs"
)

const (
	// skewMatters is the difference between the domain's clock and ours from which on assertions are
	// corrected: below it, they pass as they are.
	skewMatters = 60 * time.Second
	// mostSkew is the largest difference that is corrected; what an older version stored may be larger.
	mostSkew = 24 * time.Hour
)

// TooFar reports whether the clocks differ so much that assertions are refused.
func TooFar(skew time.Duration) bool { return skew.Abs() > skewMatters }

// Correct sets a client's clock by what an earlier answer said of the domain's.
func Correct(c *idcs.Client, skew time.Duration) {
	if TooFar(skew) && skew.Abs() <= mostSkew {
		c.Skew = skew
	}
}

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
