package signin

import (
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/idcs"
)

func TestEachRefusalNamesItsSwitch(t *testing.T) {
	code := func(s string) error { return &idcs.Error{Status: 400, Code: s} }
	const redirect = "http://127.0.0.1:8976/callback"
	for _, c := range []struct {
		err   error
		setup Setup
		want  string // all of these, between |
	}{
		{ErrNoRefresh, Setup{Login: "device"}, `"Refresh token"|"Allow token refresh"`},
		{ErrNoAnswer, Setup{Login: "browser", RedirectURL: redirect}, `"invalid_redirect_uri"|` + redirect + `|"Allow HTTP URLs"|"Allow non-HTTPS URLs"`},
		{code("invalid_redirect_uri"), Setup{Login: "browser", RedirectURL: redirect}, redirect + `|"Allow HTTP URLs"`},
		{refusal("access_denied", ""), Setup{Login: "browser"}, "add the user"},
		{ended(ErrDenied, idcs.Error{}), Setup{Login: "device"}, "add the user"},
		{code("unauthorized_client"), Setup{Login: "browser"}, `"Authorization code"`},
		{refusal("unauthorized_client", ""), Setup{Login: "browser"}, `"Authorization code"`},
		{code("unsupported_grant_type"), Setup{Login: "device"}, `"Device code"`},
		{code("unauthorized_client"), Setup{Login: "assertion", Proof: "key"}, `"JWT assertion"|"Trusted"`},
		{code("unauthorized_client"), Setup{Login: "password", Proof: "secret"}, `"Resource owner"`},
		{code("unauthorized_client"), Setup{Login: "client_credentials"}, `"Client credentials"|confidential`},
		{code("unauthorized_client"), Setup{Login: "refresh_token"}, `"Refresh token"`},
		{code("invalid_client"), Setup{Proof: "key", KeyID: "buildkey2025"}, `"Trusted"|buildkey2025|"Import certificate"`},
		{code("invalid_client"), Setup{Proof: "secret"}, `"Client secret"`},
		{code("invalid_client"), Setup{}, "mobile application"},
		{code("invalid_grant"), Setup{Login: "assertion", Proof: "key", KeyID: "k"}, "application's users|alias k"},
		{code("invalid_scope"), Setup{Login: "browser"}, `"Add resources"|"Add scopes"`},
		{&idcs.Error{Status: 403}, Setup{Login: "device"}, `"Client IP address"`},
		{fmt.Errorf("tls: %w", x509.UnknownAuthorityError{}), Setup{Login: "browser"}, "ca_file"},
	} {
		c.setup.Grant = map[string]string{
			"browser": "Authorization code", "device": "Device code", "assertion": "JWT assertion",
			"client_credentials": "Client credentials", "password": "Resource owner", "refresh_token": "Refresh token",
		}[c.setup.Login]
		c.setup.Confidential = c.setup.Login == "client_credentials"
		got := Advice(c.err, c.setup)
		for _, part := range strings.Split(c.want, "|") {
			if !strings.Contains(got, part) {
				t.Errorf("%v, %+v: got %q, want %q in it", c.err, c.setup, got, part)
			}
		}
		if strings.ContainsAny(got, "\n\t") || strings.HasSuffix(got, ".") {
			t.Errorf("%q is not one line without a full stop", got)
		}
	}
	for _, none := range []error{nil, errors.New("x"), code("invalid_grant"), &idcs.Error{Status: 503, Class: idcs.ErrLater}, ErrNonce, ErrExpired} {
		if got := Advice(none, Setup{Login: "password"}); got != "" {
			t.Errorf("%v: got %q, no switch mends that", none, got)
		}
	}
}
