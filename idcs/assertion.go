package idcs

import (
	"encoding/base64"
	"io"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/credential-idcs/credential-idcs/internal/rsakey"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// DefaultAudience is the `aud` that Oracle's documentation names for every domain; another page
// names the domain's URL, which is why it can be configured.
//
// https://docs.oracle.com/cd/F88966_01/English/Integration_Documentation/p6_eppm_web_services_programming/102924.htm
// https://docs.oracle.com/en-us/iaas/Content/Identity/api-getstarted/ClientAssertion.htm
const DefaultAudience = "https://identity.oraclecloud.com/"

// The window of an assertion, around the domain's time as far as we know it. The domain's own
// tolerance isn't documented; 30 s lets a clock that is a little fast pass.
const (
	assertionPast   = 30 * time.Second
	assertionFuture = 300 * time.Second
)

// A Signer signs assertions: JWTs by RS256 that prove a client or name a user (RFC 7523).
type Signer struct {
	Key rsakey.Key
	// KeyID is `kid`, the alias under which the certificate was imported; Thumbprint is `x5t`. The
	// domain needs one of the two to find the certificate.
	KeyID, Thumbprint string
	// Audience is `aud`, one string. Empty: DefaultAudience.
	Audience string
}

// sign makes a new assertion, in the shapes that the domain reads: integer seconds, and `aud` as one
// string, which jwt.RegisteredClaims would write as an array. Every error says that nothing was sent.
func (s Signer) sign(now time.Time, random io.Reader, issuer, subject string) (secret.Text, error) {
	if s.Key.Empty() {
		return secret.Text{}, refuse("there is no key to sign the assertion with", rsakey.ErrMissing)
	}
	if s.KeyID == "" && s.Thumbprint == "" {
		return secret.Text{}, refuse("an assertion needs the certificate's alias or the certificate", nil)
	}
	id, err := randomText(random, 16)
	if err != nil {
		return secret.Text{}, refuse("no random number for the assertion", err)
	}
	audience := s.Audience
	if audience == "" {
		audience = DefaultAudience
	}
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"iss": issuer,
		"sub": subject,
		"aud": audience,
		"iat": now.Add(-assertionPast).Unix(),
		"nbf": now.Add(-assertionPast).Unix(),
		"exp": now.Add(assertionFuture).Unix(),
		"jti": id,
	})
	if s.KeyID != "" {
		t.Header["kid"] = s.KeyID
	}
	if s.Thumbprint != "" {
		t.Header["x5t"] = s.Thumbprint
	}
	signed, err := t.SignedString(s.Key.Private())
	if err != nil {
		return secret.Text{}, refuse("the key can't sign", err)
	}
	return secret.New(signed), nil
}

// randomText is n random bytes in base64url without padding.
func randomText(random io.Reader, n int) (string, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}
