package idcstest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
)

// newSigningKey makes the n-th key that the domain signs tokens with, from 0.
func newSigningKey(n int) (*Key, error) {
	return pooledKey(fmt.Sprint("domain ", n), "SIGNING_KEY_"+randomHex(4))
}

// ConfigureClientAccess is the switch of that name in the domain's settings: whether everybody may read
// its public keys, as API servers and other servers that check tokens must. D
// set-access-signing-certificate. It begins as Options.OpenKeys has it.
func (s *Server) ConfigureClientAccess(open bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opts.OpenKeys = open
	s.journal.add(0, nil, "the signing certificate is open to all: %t", open)
}

// RotateKeys signs tokens with another key from now on, and publishes that one alone. So who fetches
// the keys anew refuses the tokens of before, as Verify does, and who keeps them takes no new one. The
// domain's own grants go on: refresh tokens aren't signed.
func (s *Server) RotateKeys() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	key, err := newSigningKey(s.rotations + 1)
	if err != nil {
		return err
	}
	s.signing, s.rotations = key, s.rotations+1
	s.journal.add(0, nil, "tokens are signed with %s from now on", key.Alias)
	return nil
}

// keys is the JWK set, closed until an administrator opens it.
func (x *exchange) keys() answer {
	x.s.mu.Lock()
	open, signing := x.s.opts.OpenKeys, x.s.signing
	x.s.mu.Unlock()
	if !open {
		return x.refuse(&refusal{401, "unauthorized", "Authorization is required.", "the signing certificate is not open to all"})
	}
	a := jsonAnswer(200, map[string]any{})
	a.body = jwks(signing)
	return a
}

// jwks is a public key as RFC 7517 5.
func jwks(k *Key) []byte {
	public := k.Private.PublicKey
	exponent := []byte{byte(public.E >> 16), byte(public.E >> 8), byte(public.E)}
	out, err := json.Marshal(map[string]any{"keys": []any{map[string]any{
		"kty": "RSA", "use": "sig", "alg": "RS256",
		"kid": k.Alias,
		"x5t": k.X5T(),
		"n":   base64.RawURLEncoding.EncodeToString(public.N.Bytes()),
		"e":   base64.RawURLEncoding.EncodeToString(exponent),
	}}})
	if err != nil {
		panic(err) // strings only
	}
	return out
}
