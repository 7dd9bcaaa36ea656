package idcs

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// Revoke tells the domain to forget a refresh token (RFC 7009). The connection and sending are as in
// Token; every error is an *Error. Oracle documents no way to revoke an access token, which lives
// on until it expires.
//
// https://docs.oracle.com/en/cloud/paas/identity-cloud/idcsa/op-oauth2-v1-revoke-post.html
func (c *Client) Revoke(ctx context.Context, token secret.Text, sending func() error) error {
	if token.Empty() {
		return refuse("there is no refresh token to revoke", nil)
	}
	// The page doesn't name the parameter; this is RFC 7009's.
	signing, cancel := context.WithTimeout(ctx, signLimit)
	defer cancel()
	r, err := c.post(ctx, signing, revokePath, url.Values{"token": {token.Reveal()}}, c.proof(), sending)
	if err != nil {
		return err
	}
	if r.Status/100 == 2 {
		return nil
	}
	return r.fail(ErrFailure)
}

// Prove tries the client's proof without spending anything: it revokes a token that it makes up. Nil
// means that the domain knows the client; it judges the client before the token, so a 400 about the
// token is as good as a 200. An Error is what Revoke returns: ErrConfiguration if the client was
// refused. The Clock is the answer's, if there was one.
func (c *Client) Prove(ctx context.Context) (Clock, error) {
	madeUp, err := randomText(c.Rand, 32)
	if err != nil {
		return Clock{}, refuse("no random number for a made-up token", err)
	}
	signing, cancel := context.WithTimeout(ctx, signLimit)
	defer cancel()
	r, err := c.post(ctx, signing, revokePath, url.Values{"token": {madeUp}}, c.proof(), nil)
	if err != nil {
		var e *Error
		if errors.As(err, &e) {
			return e.Clock, err
		}
		return Clock{}, err
	}
	if r.Status/100 == 2 {
		return r.Clock(), nil
	}
	e := r.fail(ErrFailure)
	if e.Status == http.StatusBadRequest && e.Code != "" && e.Code != "invalid_client" {
		return e.Clock, nil
	}
	return e.Clock, e
}
