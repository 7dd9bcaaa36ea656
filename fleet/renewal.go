package fleet

import (
	"context"
	"time"

	"github.com/credential-idcs/credential-idcs/cache/policy"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// A Renewal is how one profile's tokens are renewed. It has the caller's OAuth, which this package has none of. Refresh or
// Grant is set, or neither if only parts are published.
type Renewal struct {
	// Refresh sends a refresh token, in at most one request that could spend it.
	Refresh func(ctx context.Context, refresh secret.Text, a Attempt) (Answer, *Refusal)
	// Grant gets a token without a person. It is preferred to Refresh: a lost answer costs one more request, and no login.
	Grant func(ctx context.Context, a Attempt) (Answer, *Refusal)
	// Derive gets a credential for one of the Keeper's Parts. subject is the profile's own access token, from which it may be
	// derived; empty: the profile has none.
	Derive func(ctx context.Context, target string, subject secret.Text, a Attempt) (Answer, *Refusal)
	// Client is a digest of the client's settings that the domain checks.
	Client func() string
}

// own reports whether the profile has a token of its own.
func (r *Renewal) own() bool { return r.Refresh != nil || r.Grant != nil }

// An Attempt is one try of a Renewal.
type Attempt struct {
	// Connect is how long name lookup, proxy, TCP and TLS may take.
	Connect time.Duration
	// Skew is the domain's clock minus ours, as far as known. Clock is called with that of an answer.
	Skew  time.Duration
	Clock func(skew time.Duration)
	// Last is the failure before, or nil.
	Last *Failure
	// Sending is called when the connection is open and nothing is sent yet. If it fails, nothing may be sent, and its error
	// is Refusal.Err. It may be called again after an answer that spent nothing.
	Sending func() error
}

// An Answer has the domain's tokens. An empty Refresh: it sent none, and the old one still works.
type Answer struct {
	Access, Refresh, ID secret.Text
	Life, IDLife        time.Duration
	Scope               string
}

// A Refusal is the result of an attempt that brought no usable token.
type Refusal struct {
	Failure    Failure
	Verdict    policy.Verdict
	Pause      policy.Pause
	RetryAfter time.Duration
	// Refresh is a new refresh token in an otherwise unusable answer. The old one is spent.
	Refresh secret.Text
	Err     error
}
