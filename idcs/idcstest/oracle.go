package idcstest

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Exchange is the short name of token exchanges.
const Exchange = "exchange"

// Values of requested_token_type.
const (
	wantsAccess  = "urn:ietf:params:oauth:token-type:access_token"
	wantsSession = "urn:oci:token-type:oci-upst"
)

// An Oracle judges what the domain leaves to Oracle Cloud Infrastructure. Package ocitest has one.
type Oracle interface {
	// Signer verifies a signed request and returns whom it is from.
	Signer(r *http.Request, body string) (subject string, err error)
	// Issue gives a session for a key.
	Issue(subject string, key *rsa.PublicKey) (token string)
}

// signedExchange gives an access token to who signs the request as an OCI principal.
//
// https://docs.oracle.com/en-us/iaas/Content/Identity/api-getstarted/token_exchange_grant_type_two_legged.htm
func (x *exchange) signedExchange(form url.Values, body string) (func() answer, *refusal) {
	if t := x.req.Header.Get("Content-Type"); !strings.Contains(t, "charset") {
		return nil, badRequest("a signed exchange without a charset")
	}
	if ref := only(form, []string{"grant_type", "requested_token_type", "scope"}); ref != nil {
		return nil, ref
	}
	if form.Get("requested_token_type") != wantsAccess {
		return nil, badRequest("another requested_token_type")
	}
	subject, err := x.s.opts.Oracle.Signer(x.req, body)
	if err != nil {
		return nil, badClient("the signature: %v", err)
	}
	scope := strings.Fields(form.Get("scope"))
	for _, s := range scope {
		if s == offlineAccess {
			return nil, badScope("offline_access in an exchange")
		}
		if !slices.Contains(x.s.opts.Scopes, s) {
			return nil, badScope("scope %.60q", s)
		}
	}
	return func() answer {
		s := x.s
		s.mu.Lock()
		defer s.mu.Unlock()
		return jsonAnswer(200, x.tokens(subject, subject, scope, s.life(scope, false)))
	}, nil
}

// sessionExchange gives a session of Oracle Cloud Infrastructure for an access token of the domain.
//
// https://docs.oracle.com/en-us/iaas/Content/Identity/api-getstarted/json_web_token_exchange.htm
func (x *exchange) sessionExchange(form url.Values) (func() answer, *refusal) {
	client, ref := x.authenticate(form)
	if ref != nil {
		return nil, ref
	}
	if client.Secret == "" || x.req.Header.Get("Authorization") == "" {
		return nil, badClient("the exchange takes Basic clients only")
	}
	if ref := only(form, []string{"grant_type", "requested_token_type", "public_key", "subject_token", "subject_token_type"}); ref != nil {
		return nil, ref
	}
	switch {
	case form.Get("requested_token_type") != wantsSession:
		return nil, badRequest("another requested_token_type")
	case form.Get("subject_token_type") != "jwt":
		return nil, badRequest("subject_token_type is not jwt")
	}
	der, err := base64.StdEncoding.Strict().DecodeString(form.Get("public_key"))
	if err != nil {
		return nil, badRequest("public_key is no base64 of DER")
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	key, isRSA := parsed.(*rsa.PublicKey)
	if err != nil || !isRSA || key.N.BitLen() < 2048 {
		return nil, badRequest("public_key is no RSA key of 2048 bits")
	}
	user, err := x.s.Access(form.Get("subject_token"))
	if err != nil {
		return nil, badRequest("subject_token: %v", err)
	}
	return func() answer {
		return jsonAnswer(200, map[string]any{"token": x.s.opts.Oracle.Issue(user, key)})
	}, nil
}
