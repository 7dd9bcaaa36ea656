package oci

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"

	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/internal/wire"
	"github.com/credential-idcs/credential-idcs/oci/ident"
)

// An Exchange turns an access token of an identity domain into a session: experimental, since it needs
// an identity propagation trust in the domain, and was never tried on one.
//
// https://docs.oracle.com/en-us/iaas/Content/Identity/api-getstarted/json_web_token_exchange.htm
type Exchange struct {
	Domain   string // https://HOST, as the profile has it
	ClientID string
	Secret   secret.Text // the client's; the exchange is documented for such clients alone
	// Subject is the access token that is exchanged.
	Subject secret.Text
	Region  string
	// Way is how the domain is reached: its CA isn't Oracle's.
	Way *wire.Way
}

// Session makes a key and hands its public half to the domain with the token.
func (p Exchange) Session(ctx context.Context, m *Machine) (Session, error) {
	u, err := url.Parse(p.Domain + "/oauth2/v1/token")
	if err != nil || u.Scheme != "https" {
		return Session{}, settings("the domain's address can't be read")
	}
	key, err := newKey(m.Rand)
	if err != nil {
		return Session{}, err
	}
	form := url.Values{
		"grant_type":           {"urn:ietf:params:oauth:grant-type:token-exchange"},
		"requested_token_type": {"urn:oci:token-type:oci-upst"},
		"public_key":           {base64.StdEncoding.EncodeToString(key.spki())},
		"subject_token":        {p.Subject.Reveal()},
		"subject_token_type":   {"jwt"},
	}
	id, err := m.requestID()
	if err != nil {
		return Session{}, err
	}
	header := m.header(id)
	header.Set("Content-Type", "application/x-www-form-urlencoded")
	pair := url.QueryEscape(p.ClientID) + ":" + url.QueryEscape(p.Secret.Reveal()) // RFC 6749 2.3.1
	header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(pair)))
	conn, err := p.Way.Open(ctx, u)
	if err != nil {
		return Session{}, unanswered(u.Host, err)
	}
	defer conn.Close()
	r, err := m.send(ctx, conn, wire.Request{Method: http.MethodPost, URL: u, Header: header, Body: form.Encode()})
	if err != nil {
		return Session{}, err
	}
	if r.Status != http.StatusOK {
		return Session{}, refusedExchange(r)
	}
	token, _ := tokenOf(r.Body)
	if _, ok := ident.ReadClaims(token); !ok || !usable(token) {
		return Session{}, &Error{Class: ErrFailure, Status: r.Status, Text: "the domain answered the exchange without a session"}
	}
	return sessionOf(token, key, p.Region), nil
}
