package ocitest

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Issue gives a session for a public key, as a browser login at Oracle's console would: the token
// without ST$.
func (s *Server) Issue(subject string, key *rsa.PublicKey) string {
	return s.issue(subject, key, s.Now(), s.opts.SessionTTL, s.Now())
}

// IssueFor is Issue with a life of its own, which may be over already.
func (s *Server) IssueFor(subject string, key *rsa.PublicKey, begun time.Time, life time.Duration) string {
	return s.issue(subject, key, begun, life, begun)
}

// issue makes a session token. first is when the login began that this one renews.
func (s *Server) issue(subject string, key *rsa.PublicKey, begun time.Time, life time.Duration, first time.Time) string {
	var jwk any = map[string]string{
		"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "session",
		"n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
	}
	if s.opts.QuotedJWK {
		text, err := json.Marshal(jwk)
		if err != nil {
			panic(err) // strings
		}
		jwk = string(text)
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"iss": "authService.oracle.com", "aud": "oci", "sub": subject, "tenant": s.Tenancy, "res_tenant": s.Tenancy,
		"iat": begun.Unix(), "exp": begun.Add(life).Unix(), "first": first.Unix(),
		"ttype": "login", "jti": randomHex(8), "jwk": jwk,
	}).SignedString(s.signing)
	if err != nil {
		panic(err) // an RSA key of 2048 bits signs
	}
	s.remember(token)
	return token
}

// session judges a session token and returns whose it is and the key that it belongs to.
func (s *Server) session(token string) (subject string, key *rsa.PublicKey, err error) {
	claims, err := s.claims(token)
	if err != nil {
		return "", nil, err
	}
	s.mu.Lock()
	ended := s.ended[token]
	s.mu.Unlock()
	if ended {
		return "", nil, errors.New("the session was ended")
	}
	key, err = keyOf(claims["jwk"])
	subject, _ = claims["sub"].(string)
	return subject, key, err
}

func (s *Server) claims(token string) (jwt.MapClaims, error) {
	claims := jwt.MapClaims{}
	_, err := jwt.ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return &s.signing.PublicKey, nil },
		jwt.WithValidMethods([]string{"RS256"}), jwt.WithTimeFunc(s.Now), jwt.WithExpirationRequired())
	if err != nil {
		return nil, fmt.Errorf("no session of ours: %w", err)
	}
	return claims, nil
}

func keyOf(jwk any) (*rsa.PublicKey, error) {
	m, ok := jwk.(map[string]any)
	if text, isText := jwk.(string); isText {
		ok = json.Unmarshal([]byte(text), &m) == nil
	}
	if !ok {
		return nil, errors.New("the session has no jwk")
	}
	n, err1 := base64.RawURLEncoding.DecodeString(fmt.Sprint(m["n"]))
	e, err2 := base64.RawURLEncoding.DecodeString(fmt.Sprint(m["e"]))
	if err1 != nil || err2 != nil {
		return nil, errors.New("the session's jwk can't be read")
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}, nil
}

// End ends a session before its time.
func (s *Server) End(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended[token] = true
}

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails, crypto/rand says
	return hex.EncodeToString(b)
}
