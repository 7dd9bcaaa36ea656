package idcstest

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// ErrRefused is what Verify returns for a token that Refuse named.
var ErrRefused = errors.New("idcstest: the token is refused")

// Claims are what a server needs to know of a token.
type Claims struct {
	Type     string // AT for an access token, IT for an ID token
	Subject  string // the user's name; the client ID where there is no user
	ClientID string
	Scope    string // separated by spaces; "" in an ID token
	Audience []string
	Issued   time.Time
	Expires  time.Time
}

// sign makes a JWT of the domain of about size bytes, padded by a claim; 0 leaves it as it is. The
// life is exact to a second. s.mu is held.
func (s *Server) sign(claims jwt.MapClaims, life time.Duration, size int) string {
	now := s.now()
	claims["iss"] = s.Issuer
	claims["iat"] = now.Unix()
	claims["exp"] = now.Unix() + int64(life/time.Second)
	claims["jti"] = randomHex(16)
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	t.Header["kid"], t.Header["x5t"] = s.signing.Alias, s.signing.X5T()
	signed := s.mustSign(t)
	// Three bytes of padding become four, and the claim's name and quotes cost 9.
	if pad := (size-len(signed))*3/4 - 9; pad > 0 {
		random := make([]byte, pad)
		_, _ = rand.Read(random) // never fails, crypto/rand says
		claims["pad"] = base64.RawURLEncoding.EncodeToString(random)[:pad]
		signed = s.mustSign(t)
	}
	s.secrets = keep(s.opts.Keep, append(s.secrets, signed))
	return signed
}

func (s *Server) mustSign(t *jwt.Token) string {
	signed, err := t.SignedString(s.signing.Private)
	if err != nil {
		panic(err) // a map of strings and numbers, and an RSA key
	}
	return signed
}

// accessToken makes an access token as of D AccessToken. s.mu is held.
func (s *Server) accessToken(client, user string, scope []string, life time.Duration) string {
	var aud any = s.opts.Audience
	if len(s.opts.Audience) == 1 && !s.opts.AudienceArray {
		aud = s.opts.Audience[0]
	}
	claims := jwt.MapClaims{
		"aud":       aud,
		"client_id": client,
		"scope":     strings.Join(scope, " "),
		"sub":       user,
		"sub_type":  "user",
		"tok_type":  "AT",
	}
	if user == "" {
		claims["sub"], claims["sub_type"] = client, "client"
	}
	return s.sign(claims, life, s.opts.TokenSize)
}

// idToken makes an ID token; nonce may be "". s.mu is held.
func (s *Server) idToken(client, user, nonce string, life time.Duration) string {
	claims := jwt.MapClaims{
		"aud":              []string{client, s.Issuer},
		"sub":              user,
		"sub_type":         "user",
		"user_displayname": user,
		"tok_type":         "IT",
	}
	if nonce != "" {
		claims["nonce"] = nonce
	}
	return s.sign(claims, life, s.opts.IDTokenSize)
}

// Verify checks a token as a server that trusts the domain does: RS256 by the domain's key, issuer,
// life by the domain's clock without tolerance, and that Refuse didn't name it. The error never
// quotes the token.
func (s *Server) Verify(token string) (Claims, error) {
	s.mu.Lock()
	refused, signing := s.refused[token], s.signing
	s.mu.Unlock()
	if refused {
		return Claims{}, ErrRefused
	}
	var c struct {
		jwt.RegisteredClaims
		Type     string `json:"tok_type"`
		ClientID string `json:"client_id"`
		Scope    string `json:"scope"`
	}
	_, err := jwt.ParseWithClaims(token, &c, func(t *jwt.Token) (any, error) {
		if t.Header["kid"] != signing.Alias {
			return nil, errors.New("signed by another domain, or before RotateKeys")
		}
		return &signing.Private.PublicKey, nil
	},
		jwt.WithValidMethods([]string{"RS256"}),
		jwt.WithIssuer(s.Issuer),
		jwt.WithExpirationRequired(),
		jwt.WithTimeFunc(s.Now))
	if err != nil {
		return Claims{}, fmt.Errorf("idcstest: token %s: %w", Digest(token), err)
	}
	return Claims{c.Type, c.Subject, c.ClientID, c.Scope, c.Audience, c.IssuedAt.Time, c.ExpiresAt.Time}, nil
}

// Access judges an access token as a server that takes these does: by Verify, and no ID token. It
// returns whom the token names.
func (s *Server) Access(token string) (user string, err error) {
	claims, err := s.Verify(token)
	if err == nil && claims.Type != "AT" {
		err = fmt.Errorf("idcstest: token %s is of type %s", Digest(token), claims.Type)
	}
	if err != nil {
		return "", err
	}
	return claims.Subject, nil
}

// Refuse makes Verify say no to a token from now on: a server that doesn't want what looks fresh. The
// domain itself goes on as before.
func (s *Server) Refuse(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused[token] = true
	s.journal.add(0, nil, "servers refuse token %s from now on", Digest(token))
}
