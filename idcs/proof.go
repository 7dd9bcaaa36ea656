package idcs

import (
	"context"
	"net/http"
	"net/url"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// A Proof is how the client authenticates: Secret, Assertion or Public. Nil is Public. A Signature
// authenticates an OCI principal in place of a client.
//
// https://docs.oracle.com/en-us/iaas/Content/Identity/api-getstarted/RefreshGT.htm shows the first three.
type Proof interface {
	// prove adds the proof to a request.
	prove(ctx context.Context, c *Client, form url.Values, header http.Header) error
	// confidential reports whether it proves anything.
	confidential() bool
}

// Secret is a client secret, sent by HTTP Basic.
//
// Id and secret are form-encoded first, as RFC 6749 2.3.1 demands and strict servers insist on.
// Oracle's examples show the raw pair, which is the same bytes for the ids and secrets that it
// generates; whether it decodes %xx isn't documented.
type Secret struct{ Secret secret.Text }

func (s Secret) prove(_ context.Context, c *Client, _ url.Values, header http.Header) error {
	if s.Secret.Empty() {
		return refuse("the client secret is empty", nil)
	}
	r := http.Request{Header: header}
	r.SetBasicAuth(url.QueryEscape(c.ClientID), url.QueryEscape(s.Secret.Reveal()))
	return nil
}

func (Secret) confidential() bool { return true }

// Assertion is a signed JWT in place of a secret (RFC 7523 2.2). Each request carries a new one,
// whose `iss` and `sub` are the client id.
type Assertion struct{ Signer Signer }

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

func (a Assertion) prove(ctx context.Context, c *Client, form url.Values, _ http.Header) error {
	signed, err := a.Signer.sign(ctx, c.Now().Add(c.Skew), c.Rand, c.ClientID, c.ClientID)
	if err != nil {
		return err
	}
	form.Set("client_id", c.ClientID)
	form.Set("client_assertion_type", assertionType)
	form.Set("client_assertion", signed.Reveal())
	return nil
}

func (Assertion) confidential() bool { return true }

// Public is a client without a proof: a mobile application, which only says its id.
type Public struct{}

func (Public) prove(ctx context.Context, c *Client, form url.Values, _ http.Header) error {
	form.Set("client_id", c.ClientID)
	return nil
}

func (Public) confidential() bool { return false }
