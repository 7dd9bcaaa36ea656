package idcstest

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	tolerance    = 5 * time.Second // between the client's clock and the domain's
	longestProof = time.Hour       // Oracle's generator makes assertions of one hour
)

// A verdict on an assertion: what is wrong with it, or whom it names.
type verdict struct {
	text    string // "" for a good one
	subject string
}

// checkAssertion judges a client or user assertion of issuer, signed by one of keys. D ClientAssertion,
// RFC 7523 3. The jti was noted when the request arrived, see noteAssertion.
func (x *exchange) checkAssertion(token string, keys []*Key, issuer string) verdict {
	claims := jwt.MapClaims{}
	t, err := jwt.NewParser(
		jwt.WithValidMethods([]string{"RS256"}), // never by the token's own word
		jwt.WithoutClaimsValidation(),           // below, stricter
		jwt.WithJSONNumber(),
		jwt.WithStrictDecoding(),
	).ParseWithClaims(token, claims, func(t *jwt.Token) (any, error) {
		return pickKey(t.Header, keys)
	})
	if err != nil {
		return verdict{text: err.Error()}
	}
	if typ, ok := t.Header["typ"]; ok && typ != "JWT" {
		return verdict{text: "typ is not JWT"}
	}
	if _, ok := t.Header["crit"]; ok {
		return verdict{text: "crit is not understood"}
	}
	subject, _ := claims["sub"].(string)
	switch {
	case claims["iss"] != issuer:
		return verdict{text: "iss is not the client ID"}
	case subject == "":
		return verdict{text: "sub is missing"}
	case claims["aud"] != x.s.opts.AssertionAudience:
		return verdict{text: "aud is not the one string " + x.s.opts.AssertionAudience}
	}
	if why := x.checkWindow(claims); why != "" {
		return verdict{text: why}
	}
	if jti, _ := claims["jti"].(string); jti == "" {
		return verdict{text: "jti is missing"}
	}
	if x.replayed {
		return verdict{text: "jti was seen before"}
	}
	return verdict{subject: subject}
}

// pickKey finds the certificate that the header names by alias, by SHA-1, or by both.
func pickKey(header map[string]any, keys []*Key) (any, error) {
	kid, hasKid := header["kid"]
	sum, hasSum := header["x5t"]
	if !hasKid && !hasSum {
		return nil, fmt.Errorf("neither kid nor x5t")
	}
	for _, k := range keys {
		if (!hasKid || kid == k.Alias) && (!hasSum || sum == k.X5T()) {
			return k.public(), nil
		}
	}
	return nil, fmt.Errorf("kid or x5t names no certificate of the client")
}

// checkWindow wants iat and exp, allows nbf, all in whole seconds, and at most an hour between.
func (x *exchange) checkWindow(claims jwt.MapClaims) string {
	at := map[string]time.Time{}
	for _, name := range []string{"iat", "nbf", "exp"} {
		v, ok := claims[name]
		if !ok && name == "nbf" {
			continue
		}
		n, ok := v.(json.Number)
		seconds, err := n.Int64()
		if !ok || err != nil || strings.ContainsAny(n.String(), ".eE") {
			return name + " is missing or no integer"
		}
		at[name] = time.Unix(seconds, 0)
	}
	now := x.s.Now()
	switch {
	case !at["exp"].After(now.Add(-tolerance)):
		return "it expired"
	case at["exp"].After(now.Add(longestProof + tolerance)), at["exp"].Sub(at["iat"]) > longestProof+tolerance:
		return "it lives longer than an hour"
	case at["iat"].After(now.Add(tolerance)), at["nbf"].After(now.Add(tolerance)):
		return "it is of the future"
	case at["exp"].Before(at["iat"]):
		return "it ends before it begins"
	}
	return ""
}

// noteAssertion books the jti of an arriving assertion, whatever will be said to the request, and
// checks I4. Only a JWT with the claims of a known client counts, so that rubbish breaks nothing.
// s.mu is held.
func (s *Server) noteAssertion(x *exchange, token string) {
	claims := jwt.MapClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(token, claims); err != nil {
		return
	}
	issuer, _ := claims["iss"].(string)
	jti, _ := claims["jti"].(string)
	if s.clients[issuer] == nil || jti == "" {
		return
	}
	id := [2]string{issuer, jti}
	if s.jtis[id] {
		x.replayed = true
		s.breaks(x.conn, "I4 broken: jti %s came twice", Digest(jti))
	}
	s.jtis[id] = true
}
