//go:build linux

package provider_test

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"

	"github.com/golang-jwt/jwt/v5"
)

// subject is whom an access token names, judged as a server of the domain would: by the provider's
// keys and the domain's issuer.
func (s *scene) subject(token string) string {
	s.Helper()
	claims := jwt.MapClaims{}
	_, err := jwt.ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return s.signingKey(), nil },
		jwt.WithValidMethods([]string{"RS256"}),
		jwt.WithIssuer("https://identity.oraclecloud.com/"),
		jwt.WithExpirationRequired())
	if err != nil {
		s.Errorf("the access token isn't the provider's: %v", err)
		return ""
	}
	subject, _ := claims.GetSubject() // "" is nobody
	return subject
}

// signingKey is the provider's public key, from where a domain publishes it.
func (s *scene) signingKey() *rsa.PublicKey {
	s.Helper()
	resp, err := s.HTTP.Get(s.URL + "/admin/v1/SigningCert/jwk")
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	var set struct{ Keys []struct{ N, E string } }
	if err := json.NewDecoder(resp.Body).Decode(&set); err != nil || len(set.Keys) != 1 {
		s.Fatalf("%d keys, %v", len(set.Keys), err)
	}
	number := func(text string) *big.Int {
		b, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil {
			s.Fatal(err)
		}
		return new(big.Int).SetBytes(b)
	}
	return &rsa.PublicKey{N: number(set.Keys[0].N), E: int(number(set.Keys[0].E).Int64())}
}
