package idcs

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// jwtClaims reads the payload of a JWT without believing it: nothing here is verified, and no answer
// depends on more than a time in it. A token of any other shape has none. Its size is bounded by that
// of the answer.
func jwtClaims(token string) (map[string]any, bool) {
	payload, ok := jwtPayload(token)
	if !ok {
		return nil, false
	}
	return members(payload)
}

func jwtPayload(token string) ([]byte, bool) {
	_, rest, _ := strings.Cut(token, ".")
	payload, signature, ok := strings.Cut(rest, ".")
	if !ok || strings.Contains(signature, ".") {
		return nil, false
	}
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(payload, "="))
	return b, err == nil
}

// jwtTimes are a JWT's exp and iat in seconds, nil where they aren't there or have no end.
func jwtTimes(token string) (exp, iat *float64) {
	claims, _ := jwtClaims(token)
	read := func(name string) *float64 {
		if f, ok := number(claims[name]); ok && !math.IsInf(f, 0) {
			return &f
		}
		return nil
	}
	return read("exp"), read("iat")
}

// isFor reports whether a token's audience holds a client: what was issued for another client isn't
// this login's (OpenID Connect Core 3.1.3.7, 3).
func isFor(token, clientID string) bool {
	_, audiences := IssuedFor(token)
	return slices.Contains(audiences, clientID)
}

// IssuedFor is whom a JWT says that it comes from (`iss`) and whom it is for (`aud`, one or several).
// It is to be shown, not to be relied on: nothing is verified, and the signature may be missing. Empty
// where the token doesn't say.
func IssuedFor(token string) (issuer string, audiences []string) {
	payload, _ := jwtPayload(token)
	var claims struct{ Iss, Aud any } // one of the wrong type must not cost the other
	_ = json.Unmarshal(payload, &claims)
	switch aud := claims.Aud.(type) {
	case string:
		audiences = []string{aud}
	case []any:
		for _, a := range aud {
			if s := textOf(a); s != "" {
				audiences = append(audiences, s)
			}
		}
	}
	return textOf(claims.Iss), audiences
}

// seconds cuts to whole seconds, at most MaxExpiry; what is below 0 is -1 s.
func seconds(f float64) time.Duration {
	switch {
	case f >= MaxExpiry.Seconds():
		return MaxExpiry
	case f < 0:
		return -time.Second
	}
	return time.Duration(f) * time.Second
}

// HasNonce reports whether an ID token carries the nonce of our authorize URL, so that it is the
// answer to this login and not one that somebody slipped in (OpenID Connect Core 3.1.3.7, 11).
func HasNonce(id secret.Text, nonce secret.Text) bool {
	claims, ok := jwtClaims(id.Reveal())
	got := textOf(claims["nonce"])
	return ok && got != "" && subtle.ConstantTimeCompare([]byte(got), []byte(nonce.Reveal())) == 1
}
