package cache

import (
	"context"
	"errors"
	"time"

	"github.com/credential-idcs/credential-idcs/cache/policy"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// A Renewal is how tokens are renewed. It is the caller's, since the cache contains no OAuth.
//
// Its functions run under the lock. Each sends at most one request that could spend a refresh token,
// and calls Attempt.Sending once it is connected and nothing is sent yet: Sending writes down that a
// request is about to leave. If Sending fails, nothing may be sent and its error is returned inside
// the Refusal.
type Renewal struct {
	// Refresh spends old.Refresh.
	Refresh func(ctx context.Context, old Token, a Attempt) (Token, *Refusal)
	// Grant gets new tokens without a person. Nil: the profile's login needs one.
	Grant func(ctx context.Context, a Attempt) (Token, *Refusal)
	// Client is a digest of all that the domain judges about the client: domain, client id, scope,
	// secret or key. A pause that the client's refusal began ends when it changes.
	Client func() string
	// Way is a digest of how the domain is reached: its address, proxy, authorities. A failure before
	// anything was sent counts only for those who have the same. Nil: for all.
	Way func() string
}

// An Attempt is one try of a Renewal.
type Attempt struct {
	// Connect is how long name lookup, proxy, TCP and TLS may take, wall clock.
	Connect time.Duration
	// Skew is the domain's clock minus ours, as far as known.
	Skew time.Duration
	// Last is the failure before this attempt, nil if the last one succeeded.
	Last *Failure
	// Clock takes what an answer's Date header said: the domain's clock minus ours. It is kept for the
	// next attempt.
	Clock func(skew time.Duration)
	// Sending is called right before the first byte. It may be called again after an answer that spent nothing.
	Sending func() error
}

// A Verdict says what a failed attempt means for the refresh token that was sent.
type Verdict = policy.Verdict

const (
	NotSent = policy.NotSent
	Settled = policy.Settled
	Doubt   = policy.Doubt
	Spent   = policy.Spent
)

// A Refusal is an attempt that brought no usable token.
type Refusal struct {
	Failure Failure
	Verdict Verdict
	Pause   Pause
	// RetryAfter is what the domain asked for; it takes the place of the pause and is clamped to
	// 1 to 300 s. 0: it asked for nothing.
	RetryAfter time.Duration
	// Refresh is a successor that came in an answer which was otherwise useless. It is stored: the
	// old one is dead.
	Refresh secret.Text
	// Err is the cause, for this process alone.
	Err error
}

// why is the refusal as an error: that of our own Sending, else the failure.
func (r *Refusal) why() error {
	if why := r.calledOff(); why != nil {
		return why
	}
	return &r.Failure
}

// calledOff is the error of our own Sending, or nil.
func (r *Refusal) calledOff() error {
	if folder, ok := errors.AsType[*FolderError](r.Err); ok {
		return folder
	}
	if means, ok := errors.AsType[*MeansError](r.Err); ok {
		return means
	}
	for _, why := range []error{errLockLost, ErrTooLate} {
		if errors.Is(r.Err, why) {
			return why
		}
	}
	return nil
}

// A Failure is a failed attempt as the state file records it, so that all processes of a machine report the
// same. The cache only stores it.
type Failure struct {
	Class       string    `json:"class"` // the caller's word for what to do: see policy.Configured and its neighbours
	Code        string    `json:"code,omitempty"`
	Description string    `json:"description,omitempty"`
	ECID        string    `json:"ecid,omitempty"`
	Status      int       `json:"status,omitempty"`
	Text        string    `json:"text,omitempty"`    // what happened, in words
	Command     string    `json:"command,omitempty"` // what mends it, if the caller knew
	At          time.Time `json:"at"`
}

func (f *Failure) Error() string { return f.Text }
