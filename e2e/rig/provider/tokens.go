package provider

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"

	"github.com/golang-jwt/jwt/v5"
)

// JWK is a public key as a client registers it (RFC 7517 4, RFC 7518 6.3.1), under the alias that the
// domain has for its certificate.
func JWK(alias string, public *rsa.PublicKey) map[string]string {
	number := func(i *big.Int) string { return base64.RawURLEncoding.EncodeToString(i.Bytes()) }
	return map[string]string{
		"kty": "RSA", "alg": "RS256", "use": "sig", "kid": alias,
		"n": number(public.N), "e": number(big.NewInt(int64(public.E))),
	}
}

// Subject is whom an access token names, judged as a server of the domain would: by the provider's
// keys and the domain's issuer.
func (s *Server) Subject(token string) (string, error) {
	key, err := s.signingKey()
	if err != nil {
		return "", err
	}
	claims := jwt.MapClaims{}
	_, err = jwt.ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return key, nil },
		jwt.WithValidMethods([]string{"RS256"}),
		jwt.WithIssuer("https://identity.oraclecloud.com/"),
		jwt.WithExpirationRequired())
	if err != nil {
		return "", err
	}
	return claims.GetSubject()
}

// signingKey is the provider's public key, from where a domain publishes it.
func (s *Server) signingKey() (*rsa.PublicKey, error) {
	resp, err := s.HTTP.Get(s.URL + "/admin/v1/SigningCert/jwk")
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var set struct{ Keys []struct{ N, E string } }
	if err := json.NewDecoder(resp.Body).Decode(&set); err != nil {
		return nil, err
	}
	if len(set.Keys) != 1 {
		return nil, fmt.Errorf("%d keys, want one", len(set.Keys))
	}
	n, err := base64.RawURLEncoding.DecodeString(set.Keys[0].N)
	if err != nil {
		return nil, err
	}
	e, err := base64.RawURLEncoding.DecodeString(set.Keys[0].E)
	if err != nil {
		return nil, err
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}, nil
}
