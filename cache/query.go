package cache

import (
	"errors"
	"time"

	"github.com/credential-idcs/credential-idcs/cache/policy"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// A Query says what a caller needs of the token.
type Query struct {
	// ID: the ID token is wanted, and its life counts.
	ID bool
	// Need is the life that the answer should have left, capped at a quarter of its whole life.
	// 0: 60 s.
	Need time.Duration
	// Half caps Need at half of the whole life instead.
	Half bool
	// Least takes Need's place where it is more. It is capped at three quarters of the whole life.
	Least time.Duration
	// MinTTL is the same as Need, and not capped. A token that was obtained less than min(30 s, life/4) ago
	// is answered nevertheless: the domain gives no more.
	MinTTL time.Duration
	// Force: refresh now, whatever time is left and whatever failed before. A refresh that ended
	// after this call began will do. A failure is an error even if a live token is stored.
	Force bool
	// Suspect is the Fingerprint of a token that a server may have refused. If it is still the stored one,
	// and the last refresh was at least a minute ago, a refresh is tried. If that fails, or brings no new
	// token of this kind, the old one is the answer.
	Suspect string
	// CachedOnly: a fresh token or ErrNotFresh; no lock and no network.
	CachedOnly bool
}

// settle is how old a token must be before a server's refusal counts: a server that refuses everything
// then costs one refresh a minute.
const settle = time.Minute

// A Result is an answer.
type Result struct {
	Token Token
	// Warnings are failures that didn't prevent the answer: *NotSavedError, or the *Failure of a
	// refresh that was due. Where a protocol allows it, people are told.
	Warnings []error
	// Overwritten is set by Login alone.
	Overwritten secret.Text
}

// secret is the one that the query is for.
func (q Query) secret(t Token) secret.Text {
	if q.ID {
		return t.ID
	}
	return t.Access
}

func (q Query) stamp(t Token) Stamp {
	if q.ID {
		return t.IDStamp
	}
	return t.AccessStamp
}

// classify says in which zone the stored token is for this call. The error is ErrNoID where another refresh would
// bring no more than the last one did.
func (c *call) classify(t Token) (zone, error) {
	if c.query.secret(t).Empty() && !c.query.ID {
		return expired, nil
	}
	z := c.zone(c.query.stamp(t), t)
	if c.query.secret(t).Empty() {
		z = expired
	}
	if c.query.ID && t.idless && z != fresh && c.zone(t.AccessStamp, t) == fresh {
		switch {
		case z != expired:
			z = fresh // the ID token serves to its end
		case !c.grantsID(t):
			return expired, ErrNoID
		}
	}
	switch {
	case c.query.Force && t.Access == c.start.Access && t.AccessStamp.Obtained.Equal(c.start.AccessStamp.Obtained):
		z = max(z, hard)
	case c.suspect(t):
		z = max(z, hard)
	}
	return z, nil
}

// grantsID reports whether a grant is what brings an ID token in place of a dead or refused one: a refresh
// need not. What has never had one won't get it by a grant either.
func (c *call) grantsID(t Token) bool {
	return c.query.ID && c.renew.Grant != nil && !t.ID.Empty()
}

// suspect reports whether the stored token is the one that a server may have refused, and old enough. An
// ID token may be older than the last refresh, which brought none, and an access token never is: so it
// is the age of that which keeps refreshes a minute apart.
func (c *call) suspect(t Token) bool {
	return c.query.Suspect != "" && c.query.secret(t).Fingerprint() == c.query.Suspect &&
		c.d.sys.Now().Sub(t.AccessStamp.Obtained) >= settle
}

func (c *call) zone(s Stamp, t Token) zone {
	query := policy.Query{Need: c.query.Need, Half: c.query.Half, Least: c.query.Least, MinTTL: c.query.MinTTL}
	due := policy.EarlyFrom(s.Life)
	if !c.view {
		due = policy.Due(s.Life, t.lot())
	}
	z := query.Zone(s.Life, left(s, c.d.sys.Now(), c.d.sys.Boot()), due)
	if z == fresh {
		return z // by both clocks, so it doesn't matter which machine obtained it, and machine-id needn't be read
	}
	return query.Zone(s.Life, c.left(s, t), due)
}

// left is the life that a stamp of t has left. On another machine than t's the boot clocks have
// nothing to do with each other.
func (c *call) left(s Stamp, t Token) time.Duration {
	if c.foreign(t) {
		return left(s, c.d.sys.Now(), 0)
	}
	return left(s, c.d.sys.Now(), c.d.sys.Boot())
}

// foreign reports that another machine obtained t. Its refresh token is that machine's to spend.
func (c *call) foreign(t Token) bool {
	if t.machine == "" {
		return false
	}
	m := c.d.sys.Machine()
	return m != "" && m != t.machine
}

// answer is what a call gives when there will be no refresh, for the reason why. z is the zone of t
// when the call began to wait or to try; a token that died meanwhile is no answer any more.
func (c *call) answer(t Token, z zone, why error) (Result, error) {
	now, _ := c.classify(t)
	z = max(z, now)
	if z == expired || c.query.Force {
		return Result{}, why
	}
	if id := c.query.ID; id && t.ID.Empty() || !id && t.Access.Empty() {
		return Result{}, why
	}
	r := Result{Token: t}
	if z == hard && c.query.Suspect == "" && why != nil && !errors.Is(why, errSettled) {
		r.Warnings = []error{why}
	}
	return r, nil
}
