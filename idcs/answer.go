package idcs

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/internal/wire"
)

// An Answer is a token answer that can be used.
type Answer struct {
	Access secret.Text // bytes 0x21–0x7e only, never empty
	// Refresh is the successor of the refresh token that was sent, or a login's first. Empty: the
	// domain gave none, and the old one, if there is one, still works.
	Refresh secret.Text
	// ID is the ID token, bytes 0x21–0x7e, or empty: Oracle shows none in the answer to a refresh.
	ID secret.Text

	// Life is how long Access lives from SentAt on, whole seconds, 1 s to MaxExpiry: the smallest of
	// expires_in, the JWT's exp - iat, and its exp minus the domain's time; 300 s where all are missing.
	// Differences, so that a wrong clock here does no harm.
	Life time.Duration
	// IDLife is the same for ID, without expires_in. 0 without ID.
	IDLife time.Duration
	// SentAt is our clock just before the request was written.
	SentAt time.Time

	// Scope is what the domain says it granted, printable ASCII, normally empty: it doesn't say.
	Scope string
	Clock Clock
}

// A reply is an answer to a request that held these secrets.
type reply struct {
	wire.Reply
	secrets  []string
	broken   *Error // it broke off
	clientID string
	skew     time.Duration // Client.Skew
}

// now is the domain's time when it gave a token: what the same answer says, so that one clock is asked, else
// ours as far as it is known to be wrong. A Date is wrong itself where it is half a day from our time and the
// token was issued now by our time: two clocks against the one of a front.
func (r *reply) now(issued *float64) (now time.Time, dated bool) {
	d, ok := r.Date()
	if !ok {
		return r.Sent.Add(r.skew), false
	}
	if issued != nil && d.Sub(r.Sent).Abs() >= 12*time.Hour && math.Abs(*issued-float64(r.Sent.Unix())) <= clockStep {
		return r.Sent, false
	}
	return d, true
}

// clockStep is how many seconds the clocks of one domain's machines may differ.
const clockStep = 60

// complete reports whether an answer holds all that can come, so that nothing behind it is waited for.
func complete(body []byte) bool {
	m, ok := tokenMembers(body)
	return ok && !silent(m)
}

// defaultLife is for a token that doesn't say how long it lives.
const defaultLife = 300 * time.Second

// token classifies the answer of the token endpoint. Its error is an *Error.
//
// https://docs.oracle.com/cd/F88966_01/English/Integration_Documentation/p6_eppm_web_services_programming/102910.htm
func (r *reply) token(refused Class) (Answer, error) {
	m, ok := tokenMembers(r.Body)
	if !ok || r.Status/100 != 2 && !r.tokens(m) || r.Odd && silent(m) || r.repeats(m) {
		return Answer{}, r.fail(refused)
	}
	a := Answer{
		Access:  secret.New(textOf(m["access_token"])),
		Refresh: secret.New(textOf(m["refresh_token"])),
		ID:      secret.New(textOf(m["id_token"])),
		SentAt:  r.Sent,
		Scope:   textOf(m["scope"]),
		Clock:   r.Clock(),
	}
	// What a description here could repeat are the answer's tokens.
	for _, t := range []secret.Text{a.Access, a.Refresh, a.ID} {
		if !t.Empty() {
			r.secrets = append(r.secrets, t.Reveal())
		}
	}
	cause := ""
	life, alive := r.life(m["expires_in"], a.Access.Reveal())
	switch {
	case isError(m["error"]):
		cause = "the domain answered with an error and status 200"
	case a.Access.Empty():
		cause = "the domain's answer has no access token"
	case !bearer(m["token_type"]):
		cause = "the domain's answer holds a token that isn't a Bearer token"
	case !visible(a.Access.Reveal(), 0x21):
		cause = "the domain's answer holds a token with bytes that no token has"
	case !alive:
		cause = "the domain's answer holds a token that has already expired"
	}
	if cause != "" {
		// The refresh token that was sent is dead, so the new one is kept, whatever else is wrong.
		e := r.classify(m, true, refused)
		e.Cause, e.Refresh = cause, a.Refresh
		return Answer{}, e
	}
	a.Life = life
	if !a.ID.Empty() {
		if a.IDLife, alive = r.life(nil, a.ID.Reveal()); !alive || !visible(a.ID.Reveal(), 0x21) || !isFor(a.ID.Reveal(), r.clientID) {
			a.ID, a.IDLife = secret.Text{}, 0
		}
	}
	if !visible(a.Scope, 0x20) {
		a.Scope = ""
	}
	return a, nil
}

// tokens reports whether an answer holds both tokens of a refresh, whatever its status says: a front may
// have changed that, and the domain has spent the token before.
func (r *reply) tokens(m map[string]any) bool {
	return textOf(m["access_token"]) != "" && textOf(m["refresh_token"]) != "" && !isError(m["error"]) && !r.repeats(m)
}

// repeats reports whether the refresh token of an answer without another one is that of the request, which
// somebody shows: an answer of that kind brings no successor.
func (r *reply) repeats(m map[string]any) bool {
	refresh := textOf(m["refresh_token"])
	return refresh != "" && (r.Status/100 != 2 || textOf(m["access_token"]) == "") && slices.Contains(r.secrets, refresh)
}

// isError reports whether the member `error` says that there was one. Envelopes have it in every answer.
func isError(v any) bool { return v != nil && v != "" && v != false }

// bearer takes any spelling (RFC 6749 5.1), and a missing type: there is only one.
func bearer(v any) bool {
	return v == nil || strings.EqualFold(strings.TrimSpace(textOf(v)), "Bearer")
}

// visible reports whether s is ASCII from low to 0x7e. It keeps line breaks out of git's protocol.
func visible(s string, low byte) bool {
	for i := range len(s) {
		if s[i] < low || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// life is the smallest of expires_in and what the JWT says of itself: a token that was made an hour ago
// isn't new because it was handed over now. What is neither a number nor digits counts as missing, and
// so does an iat that can't be: behind exp, or later than the answer. alive: at least 1 s.
func (r *reply) life(expiresIn any, token string) (life time.Duration, alive bool) {
	known := false
	bound := func(f float64) {
		if d := seconds(f); !known || d < life {
			life, known = d, true
		}
	}
	exp, iat := jwtTimes(token)
	if exp != nil {
		now, dated := r.now(iat)
		seen := float64(now.Unix())
		bound(*exp - seen)
		if iat != nil && *iat < *exp && (!dated || *iat <= seen+clockStep) {
			bound(*exp - *iat)
		}
	}
	if f, ok := number(expiresIn); ok {
		bound(f)
	}
	if !known {
		life = defaultLife
	}
	return life, life >= time.Second
}
