package ident

import (
	"encoding/base64"
	"encoding/json"
	"strings"
)

// Claims are the claims of a JWT, unverified: no decision of trust depends on them. A claim of another type is ignored.
type Claims struct {
	Subject string
	Tenant  string
	Expires int64 // Unix seconds; 0: it has none
	Issued  int64 // the same
	// N and E are the public key of a session token (jwk, an object or a JSON string of one), in base64url; empty: it has
	// none.
	N, E string
}

// ReadClaims reads the payload of a JWT. ok: it is a JSON object in three parts.
func ReadClaims(token string) (c Claims, ok bool) {
	parts := strings.Split(strings.TrimSpace(token), ".")
	if len(parts) != 3 {
		return Claims{}, false
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return Claims{}, false
	}
	members := map[string]json.RawMessage{}
	if json.Unmarshal(payload, &members) != nil {
		return Claims{}, false
	}
	// One by one, so that a claim of another type doesn't prevent reading the others.
	_ = json.Unmarshal(members["sub"], &c.Subject)
	_ = json.Unmarshal(members["tenant"], &c.Tenant)
	c.Expires, c.Issued = seconds(members["exp"]), seconds(members["iat"])
	jwk := []byte(members["jwk"])
	var quoted string
	if json.Unmarshal(jwk, &quoted) == nil {
		jwk = []byte(quoted)
	}
	var key struct{ N, E string }
	if json.Unmarshal(jwk, &key) == nil {
		c.N, c.E = key.N, key.E
	}
	return c, true
}

// seconds is a number of seconds, perhaps with a fraction; 0 if it is no number, negative or too large.
func seconds(raw json.RawMessage) int64 {
	var f float64
	if json.Unmarshal(raw, &f) != nil || f < 0 || f > 1<<40 {
		return 0
	}
	return int64(f)
}
