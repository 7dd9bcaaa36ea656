package idcstest

import (
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/golang-jwt/jwt/v5"
)

// endpoints are the paths that exist, with the names that faults, gates and counters use. They are the
// same in every domain.
var endpoints = map[string]string{
	"/oauth2/v1/token":                  "token",
	"/oauth2/v1/authorize":              "authorize",
	"/oauth2/v1/device":                 "device",
	"/oauth2/v1/revoke":                 "revoke",
	"/.well-known/openid-configuration": "discovery",
	"/admin/v1/SigningCert/jwk":         "keys",
}

// revoke ends the login of a refresh token. RFC 7009 2: a token that isn't known gets 200 too.
// Access tokens can't be revoked here: no page of Oracle says that they could.
func (x *exchange) revoke(form url.Values) (func() answer, *refusal) {
	client, ref := x.authenticate(form)
	if ref != nil {
		return nil, ref
	}
	if ref := only(form, []string{"token"}); ref != nil {
		return nil, ref
	}
	return func() answer {
		s := x.s
		s.mu.Lock()
		defer s.mu.Unlock()
		t := s.refreshTokens[form.Get("token")]
		switch {
		case t == nil || t.family.unknown:
			if _, _, err := jwt.NewParser().ParseUnverified(form.Get("token"), jwt.MapClaims{}); err == nil {
				return x.refuse(&refusal{400, "unsupported_token_type", "The token type is not supported.", "an access token"})
			}
		case t.family.client != client.ID:
			return x.refuse(badGrant("The token is invalid.", "it belongs to another client"))
		default:
			t.family.ended = "revoked"
			x.conn.log("revoked family %d", t.family.id)
		}
		return answer{status: http.StatusOK, header: http.Header{"Cache-Control": {"no-store"}}}
	}, nil
}

// discovery is the document as S micronaut has it: the issuer isn't the host, the endpoints are
// there twice, nothing about devices.
func (x *exchange) discovery() answer {
	url := x.s.URL()
	return jsonAnswer(http.StatusOK, map[string]any{
		"issuer":                                x.s.Issuer,
		"authorization_endpoint":                url + "/oauth2/v1/authorize",
		"token_endpoint":                        url + "/oauth2/v1/token",
		"revocation_endpoint":                   url + "/oauth2/v1/revoke",
		"jwks_uri":                              url + "/admin/v1/SigningCert/jwk",
		"secure_token_endpoint":                 "https://secure.identity.example.com/oauth2/v1/token",
		"secure_jwks_uri":                       "https://secure.identity.example.com/admin/v1/SigningCert/jwk",
		"response_types_supported":              []string{"code"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
	})
}

// refuse notes why and makes the answer.
func (x *exchange) refuse(r *refusal) answer {
	x.conn.log("refuses with %d %s: %s", r.status, r.code, r.why)
	return r.answer()
}

// isInvalidGrant reports whether a body is what ends a refresh token for the client.
func isInvalidGrant(status int, body []byte) bool {
	var e struct {
		Error string `json:"error"`
	}
	return 400 <= status && status < 500 && json.Unmarshal(body, &e) == nil && e.Error == "invalid_grant"
}
