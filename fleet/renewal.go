package fleet

import (
	"context"
	"time"

	"github.com/credential-idcs/credential-idcs/cache/policy"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// A Renewal is how one profile's tokens are renewed: the caller's knowledge of OAuth, which this package
// has none of. One of Refresh and Grant is set, or neither, where only parts are published.
type Renewal struct {
	// Refresh spends a refresh token, by at most one request that could spend it.
	Refresh func(ctx context.Context, refresh secret.Text, a Attempt) (Answer, *Refusal)
	// Grant gets a token without a person. A profile that can is never refreshed: a lost answer costs
	// one more request then, and no login.
	Grant func(ctx context.Context, a Attempt) (Answer, *Refusal)
	// Derive gets a credential for one of the Keeper's Parts. subject is the profile's own access token,
	// which it may be derived from; empty where the profile has none.
	Derive func(ctx context.Context, target string, subject secret.Text, a Attempt) (Answer, *Refusal)
	// Client is a digest of all that the domain judges about the client.
	Client func() string
}

// own reports whether the profile has a token of its own.
func (r *Renewal) own() bool { return r.Refresh != nil || r.Grant != nil }

// An Attempt is one try of a Renewal.
type Attempt struct {
	// Connect is how long name lookup, proxy, TCP and TLS may take.
	Connect time.Duration
	// Skew is the domain's clock minus ours, as far as known; Clock takes what an answer said of it.
	Skew  time.Duration
	Clock func(skew time.Duration)
	// Last is the failure before, or nil.
	Last *Failure
	// Sending is called when the connection stands and nothing is sent yet. If it fails nothing may be
	// sent, and its error is returned inside the Refusal. It may be called again after an answer that
	// spent nothing.
	Sending func() error
}

// An Answer is what the domain gave. Empty: it gave none, and the old one still works.
type Answer struct {
	Access, Refresh, ID secret.Text
	Life, IDLife        time.Duration
	Scope               string
}

// A Refusal is an attempt that brought no usable token.
type Refusal struct {
	Failure    Failure
	Verdict    policy.Verdict
	Pause      policy.Pause
	RetryAfter time.Duration
	// Refresh is a successor that came in an answer which was otherwise useless. The old one is dead.
	Refresh secret.Text
	Err     error
}
