package idcs

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/credential-idcs/credential-idcs/internal/rsakey"
)

// S61: Verified the way a domain would: with the public key, the audience, and a clock of its own.
func TestAssertionsAreWhatTheDomainVerifies(t *testing.T) {
	signer := Signer{Key: rsakey.New(rsaOnce()), KeyID: "buildkey2025", Thumbprint: "thumb"}
	d, s := recorder(t, 200, good)
	c := newClient(d.URL)
	c.Proof = Assertion{signer}
	c.Skew = 10 * time.Minute // the domain is ahead of us

	c.Roots = x509.NewCertPool()
	_, err := c.Token(bound(t), UserAssertion{"ana@example.com", signer, "s"}, nil)
	expect(t, err, ErrConfiguration, NotSent) // signed, and never sent

	c.Roots = roots()
	if _, err := c.Token(bound(t), UserAssertion{"ana@example.com", signer, "s"}, nil); err != nil {
		t.Fatal(err)
	}
	jtis := map[any]bool{}
	for name, sub := range map[string]string{"client_assertion": clientID, "assertion": "ana@example.com"} {
		claims := jwt.MapClaims{}
		token, err := jwt.ParseWithClaims(s.form.Get(name), claims,
			func(*jwt.Token) (any, error) { return &rsaOnce().PublicKey, nil },
			jwt.WithValidMethods([]string{"RS256"}), jwt.WithAudience("https://identity.oraclecloud.com/"),
			jwt.WithIssuer(clientID), jwt.WithSubject(sub), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
			jwt.WithTimeFunc(func() time.Time { return time.Now().Add(10 * time.Minute) }))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(token.Header, map[string]any{"alg": "RS256", "typ": "JWT", "kid": "buildkey2025", "x5t": "thumb"}); diff != "" {
			t.Errorf("%s header: %s", name, diff)
		}
		if aud, ok := claims["aud"].(string); !ok || aud != DefaultAudience {
			t.Errorf("%s: aud is %#v, want one string", name, claims["aud"])
		}
		if claims["exp"].(float64)-claims["iat"].(float64) != 330 || claims["iat"] != claims["nbf"] {
			t.Errorf("%s: times %v", name, claims)
		}
		jtis[claims["jti"]] = true
	}
	if len(jtis) != 2 {
		t.Errorf("jti: %v, want two", jtis)
	}
}

// S60, S62: 1000 assertions, 1000 jti of 128 bits, at an exact time.
func TestEveryAssertionIsNew(t *testing.T) {
	now := time.Unix(1_800_000_000, 999_000_000)
	c := newClient("https://127.0.0.1")
	seen := map[string]bool{}
	n := 1000
	if testing.Short() {
		n = 20
	}
	for range n {
		signed, err := testSigner().sign(t.Context(), now, c.Rand, "c", "s")
		if err != nil {
			t.Fatal(err)
		}
		m, ok := jwtClaims(signed.Reveal())
		id := textOf(m["jti"])
		raw, err := base64.RawURLEncoding.DecodeString(id)
		if !ok || err != nil || len(raw) != 16 || seen[id] {
			t.Fatalf("jti %q: %v", id, err)
		}
		seen[id] = true
		for name, want := range map[string]string{"iat": "1799999970", "nbf": "1799999970", "exp": "1800000300"} {
			if got := m[name]; cmp.Diff(got, json.Number(want)) != "" {
				t.Fatalf("%s: got %v, want %s", name, got, want)
			}
		}
	}
}
