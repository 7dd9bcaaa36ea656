package idcs

import (
	"context"
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
	// Sign signs in place of Key: RSASSA-PKCS1-v1_5 with SHA-256 of the text, as many bytes as the
	// modulus has. It has checked the signature, so that a wrong one is never sent. What it fails with
	// is handed on as it is, and nothing was sent.
	Sign func(ctx context.Context, text []byte) ([]byte, error)
	// KeyID is `kid`, the alias under which the certificate was imported; Thumbprint is `x5t`. The
	// domain needs one of the two to find the certificate.
	KeyID, Thumbprint string
	// Audience is `aud`, one string. Empty: DefaultAudience.
	Audience string
}

// sign makes a new assertion, in the shapes that the domain reads: integer seconds, and `aud` as one
// string, which jwt.RegisteredClaims would write as an array. Every error says that nothing was sent.
func (s Signer) sign(ctx context.Context, now time.Time, random io.Reader, issuer, subject string) (secret.Text, error) {
	if s.Key.Empty() && s.Sign == nil {
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
	t := jwt.NewWithClaims(s.method(), jwt.MapClaims{
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
	var key any = s.Key.Private()
	if s.Sign != nil {
		key = func(text []byte) ([]byte, error) { return s.Sign(ctx, text) }
	}
	signed, err := t.SignedString(key)
	if err != nil && s.Sign != nil {
		return secret.Text{}, err
	}
	if err != nil {
		return secret.Text{}, refuse("the key can't sign", err)
	}
	return secret.New(signed), nil
}

func (s Signer) method() jwt.SigningMethod {
	if s.Sign != nil {
		return elsewhere{}
	}
	return jwt.SigningMethodRS256
}

// elsewhere is RS256 by a key that isn't here: the library's own method takes an *rsa.PrivateKey alone.
type elsewhere struct{}

func (elsewhere) Alg() string { return "RS256" }

func (elsewhere) Sign(text string, key any) ([]byte, error) {
	return key.(func([]byte) ([]byte, error))([]byte(text))
}

// Verify is never asked: Sign's signature has been checked by who made it.
func (elsewhere) Verify(string, []byte, any) error { return jwt.ErrInvalidKeyType }

// randomText is n random bytes in base64url without padding.
func randomText(random io.Reader, n int) (string, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}
