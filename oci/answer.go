package oci

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/internal/wire"
	"github.com/credential-idcs/credential-idcs/oci/ident"
)

// An Answer is a credential that was derived from a session.
type Answer struct {
	Token secret.Text // bytes 0x21-0x7e only, never empty
	// Life is how long Token can be used from SentAt on, whole seconds, at least one.
	Life time.Duration
	// SentAt is our clock just before the request was written.
	SentAt time.Time
	// Clock is from the answer's Date.
	Clock wire.Clock
}

// The life of a token that has none of its own, and the longest life that is accepted.
const (
	defaultLife = 300 * time.Second
	maxLife     = 24 * time.Hour
)

// A content is what counts of a body, be it a token or an error.
type content struct {
	Token       string          `json:"token"`
	AccessToken string          `json:"access_token"`
	ExpiresIn   json.RawMessage `json:"expires_in"`
	Code        string          `json:"code"`  // of Oracle's services
	Error       string          `json:"error"` // of a domain
	ECID        string          `json:"ecid"`
}

// read reads a body, as far as it is one. A member of another type is skipped: Unmarshal reads the others.
func read(body []byte) (m content) {
	_ = json.Unmarshal(body, &m)
	return m
}

// tokenOf reads the member `token` of an answer, else its alias `access_token`. Everything else may be missing: Oracle's
// SDK doesn't demand what its documentation calls mandatory.
func tokenOf(body []byte) (token string, expiresIn json.RawMessage) {
	m := read(body)
	if m.Token == "" {
		m.Token = m.AccessToken
	}
	return m.Token, m.ExpiresIn
}

// answerOf is the credential of a host's answer, or why that can't be used.
func answerOf(r *wire.Reply, host, token string, expiresIn json.RawMessage) (Answer, error) {
	a := Answer{Token: secret.New(token), Life: life(token, expiresIn), SentAt: r.Sent, Clock: r.Clock()}
	if !usable(token) || a.Life <= 0 {
		return Answer{}, useless(r, host+" answered without a token")
	}
	return a, nil
}

// life is the smaller of expires_in (a number or digits) and the life in the token.
func life(token string, expiresIn json.RawMessage) time.Duration {
	seconds, known := int64(0), false
	least := func(n int64) {
		if !known || n < seconds {
			seconds, known = n, true
		}
	}
	if c, ok := ident.ReadClaims(token); ok && c.Expires != 0 && c.Issued != 0 {
		least(c.Expires - c.Issued)
	}
	if f, err := strconv.ParseFloat(strings.Trim(string(expiresIn), `" `), 64); err == nil {
		least(int64(min(max(f, -1), maxLife.Seconds())))
	}
	if !known {
		return defaultLife
	}
	return min(time.Duration(max(seconds, -1))*time.Second, maxLife)
}

// usable reports whether a token may leave: no byte of it may end a line of a protocol.
//
//go:noinline
func usable(token string) bool {
	for i := range len(token) {
		if token[i] < 0x21 || token[i] > 0x7e {
			return false
		}
	}
	return token != ""
}
