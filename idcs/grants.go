package idcs

import (
	"context"
	"net/url"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// A Grant is what is handed to the token endpoint to get a token: one of the types below.
type Grant interface {
	// fill adds the grant's parameters. A scope that is empty isn't sent.
	fill(ctx context.Context, c *Client, form url.Values) error
	// refused is the class of `invalid_grant` in answer to this grant.
	refused() Class
}

// RefreshToken spends a refresh token: the domain answers with a new one and kills this one.
type RefreshToken struct {
	Token secret.Text
	// Scope is normally empty: the domain then keeps the login's.
	Scope string
}

func (g RefreshToken) fill(_ context.Context, _ *Client, form url.Values) error {
	if g.Token.Empty() {
		return refuse("there is no refresh token to send", nil)
	}
	form.Set("grant_type", "refresh_token")
	form.Set("refresh_token", g.Token.Reveal())
	setScope(form, g.Scope)
	return nil
}

func (RefreshToken) refused() Class { return ErrSpent }

// UserAssertion names a user in a JWT that the client signs (RFC 7523 2.1). No public client may
// use it.
//
// https://docs.oracle.com/en-us/iaas/Content/Identity/api-getstarted/AssertGT.htm
type UserAssertion struct {
	Subject string // the user name as the domain knows it
	Signer  Signer
	Scope   string
}

func (g UserAssertion) fill(ctx context.Context, c *Client, form url.Values) error {
	if !c.proof().confidential() {
		return refuse("a user assertion needs a client with a secret or a key", nil)
	}
	if g.Subject == "" {
		return refuse("a user assertion needs a subject", nil)
	}
	signed, err := g.Signer.sign(ctx, c.Now().Add(c.Skew), c.Rand, c.ClientID, g.Subject)
	if err != nil {
		return err
	}
	form.Set("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
	form.Set("assertion", signed.Reveal())
	setScope(form, g.Scope)
	return nil
}

// The domain refuses user, key, audience or time: no login mends those.
func (UserAssertion) refused() Class { return ErrConfiguration }

// ClientCredentials is a token for the client itself, never with a refresh token. No public client
// may use it (RFC 6749 4.4).
type ClientCredentials struct{ Scope string }

func (g ClientCredentials) fill(ctx context.Context, c *Client, form url.Values) error {
	if !c.proof().confidential() {
		return refuse("client_credentials needs a client with a secret or a key", nil)
	}
	form.Set("grant_type", "client_credentials")
	setScope(form, g.Scope)
	return nil
}

func (ClientCredentials) refused() Class { return ErrConfiguration }

// Password is a user's name and password (RFC 6749 4.3).
type Password struct {
	Username string
	Password secret.Text
	Scope    string
}

func (g Password) fill(_ context.Context, _ *Client, form url.Values) error {
	form.Set("grant_type", "password")
	form.Set("username", g.Username)
	form.Set("password", g.Password.Reveal())
	setScope(form, g.Scope)
	return nil
}

func (Password) refused() Class { return ErrLoginFailed }

// AuthorizationCode is the code that the browser brought back, good for 3 minutes and one use.
type AuthorizationCode struct {
	Code secret.Text
	// RedirectURI is the one of the authorize URL, letter by letter (RFC 6749 4.1.3).
	RedirectURI string
	Verifier    secret.Text // PKCE, RFC 7636
}

func (g AuthorizationCode) fill(_ context.Context, _ *Client, form url.Values) error {
	form.Set("grant_type", "authorization_code")
	form.Set("code", g.Code.Reveal())
	form.Set("redirect_uri", g.RedirectURI)
	form.Set("code_verifier", g.Verifier.Reveal())
	return nil
}

func (AuthorizationCode) refused() Class { return ErrLoginFailed }

// DeviceCode asks once whether the person has agreed yet (RFC 8628 3.4). Until then the answer is an
// Error whose Code is authorization_pending or slow_down.
type DeviceCode struct{ Code secret.Text }

func (g DeviceCode) fill(_ context.Context, _ *Client, form url.Values) error {
	form.Set("grant_type", "urn:ietf:params:oauth:grant-type:device_code")
	form.Set("device_code", g.Code.Reveal())
	return nil
}

func (DeviceCode) refused() Class { return ErrLoginFailed }

func setScope(form url.Values, scope string) {
	if scope != "" {
		form.Set("scope", scope)
	}
}
