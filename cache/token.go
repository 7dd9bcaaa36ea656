package cache

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// A Token is the stored set: what the domain gave, and when.
//
// The zero Token is "nothing stored". A Token is a value; nothing in it is shared.
type Token struct {
	Access  secret.Text // empty: none, or dropped because a server refused it
	Refresh secret.Text // empty: none was given
	ID      secret.Text // empty: none was ever given

	// AccessStamp and IDStamp say how long each lives. They differ because a refresh need not bring
	// an ID token: then the old one is kept with its old stamp.
	AccessStamp, IDStamp Stamp

	// Scope is the scope that the domain said it granted, space-separated, or empty.
	Scope string

	// machine is the machine that obtained the token; empty where unknown.
	machine string
	// predecessor is the digest of the refresh token that was spent for this one; empty after a
	// login.
	predecessor string
	// given is the digest of the refresh token from elsewhere with which the login began; empty where it
	// began otherwise.
	given string
	// inode is the number of the file that the token was saved in; 0 where unknown. copied says that it
	// was read from another.
	inode  uint64
	copied bool
	// form is how the file was written that the token was read from.
	form form
	// idless is set if the last answer brought no ID token though there may be an older one.
	idless bool
}

// anothers is written as the inode number of a copy, so that it stays a copy when it is written anew. No
// plain file has this number. The original's would not do: another file may have it by now.
const anothers = 1

// A Stamp says when a token was obtained, on two clocks, and how long it lives.
type Stamp struct {
	Obtained time.Time     // wall clock, just before the request was sent; milliseconds
	Boot     time.Duration // CLOCK_BOOTTIME at that moment, milliseconds; 0: unknown
	Life     time.Duration // from Obtained; seconds
}

// Expires is when the token dies by the wall clock, whole seconds. The domain counts from the second
// in which it made the token, so the fraction of Obtained is no part of its life.
func (s Stamp) Expires() time.Time { return s.Obtained.Truncate(time.Second).Add(s.Life) }

// digest names a secret in records and messages without being it: SHA-256, hex. The digest of
// nothing is the empty string.
func digest(t secret.Text) string {
	if t.Empty() {
		return ""
	}
	sum := sha256.Sum256([]byte(t.Reveal()))
	return hex.EncodeToString(sum[:])
}

// lot is the token's random number, 0 to 1, that decides when it is due (see policy.Due): the same in all
// processes of a machine, and another on each machine.
func (t Token) lot() float64 {
	s := t.Refresh
	if s.Empty() {
		s = t.Access
	}
	sum := sha256.Sum256([]byte(s.Reveal()))
	return float64(binary.BigEndian.Uint32(sum[:4])) / (1 << 32)
}

// none reports whether nothing is stored.
func (t Token) none() bool { return t.Access.Empty() && t.Refresh.Empty() && t.ID.Empty() }
