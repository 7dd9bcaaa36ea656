package idcs

import (
	"context"
	"net/http"
	"net/url"
)

// A Signature proves an OCI principal in place of a client: the whole request is signed, so it is asked
// for once the connection is up and the date is true.
type Signature struct {
	// Sign returns the headers that sign a POST: its Host, the path, its Content-Type and its body.
	Sign func(host, path, contentType string, body []byte) (http.Header, error)
}

func (Signature) prove(context.Context, *Client, url.Values, http.Header) error { return nil }

func (Signature) confidential() bool { return true }

// signedType is the media type of a signed form, as Oracle's page has it.
const signedType = "application/x-www-form-urlencoded;charset=utf-8"

// SignedExchange is an access token for the OCI principal that signs the request: no client, no secret,
// and never a refresh token. It goes with Signature and with no other proof.
//
// https://docs.oracle.com/en-us/iaas/Content/Identity/api-getstarted/token_exchange_grant_type_two_legged.htm
type SignedExchange struct{ Scope string }

func (g SignedExchange) fill(_ context.Context, c *Client, form url.Values) error {
	if _, ok := c.proof().(Signature); !ok {
		return refuse("a signed exchange needs an OCI principal", nil)
	}
	form.Set("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange")
	form.Set("requested_token_type", "urn:ietf:params:oauth:token-type:access_token")
	setScope(form, g.Scope)
	return nil
}

func (SignedExchange) refused() Class { return ErrConfiguration }
