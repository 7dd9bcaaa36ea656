package oci

import (
	"context"
	"net/http"
	"net/url"

	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/internal/wire"
)

// An Exchange exchanges an access token of an identity domain for a session. It is experimental: it needs an identity
// propagation trust in the domain, and was never tried with a real one.
//
// https://docs.oracle.com/en-us/iaas/Content/Identity/api-getstarted/json_web_token_exchange.htm
type Exchange struct {
	Domain   string // https://HOST, as the profile has it
	ClientID string
	Secret   secret.Text // the client's; the exchange is documented only for clients with a secret
	Subject  secret.Text // the access token that is exchanged
	Region   string
	Way      *wire.Way // to the domain, whose CA may not be that of Oracle's hosts
}

// Session makes a key and sends its public half to the domain with the token.
func (p Exchange) Session(ctx context.Context, m *Machine) (Session, error) {
	u, err := url.Parse(p.Domain + "/oauth2/v1/token")
	if err != nil || u.Scheme != "https" {
		return Session{}, settings("the domain's address can't be read")
	}
	key, err := newKey(m.Rand)
	if err != nil {
		return Session{}, err
	}
	form := "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange" +
		"&requested_token_type=urn%3Aoci%3Atoken-type%3Aoci-upst&subject_token_type=jwt" +
		"&public_key=" + url.QueryEscape(base64Of(key.spki())) + "&subject_token=" + url.QueryEscape(p.Subject.Reveal())
	client := url.QueryEscape(p.ClientID) + ":" + url.QueryEscape(p.Secret.Reveal()) // RFC 6749 2.3.1
	r, err := m.ask(ctx, p.Way, u, nil, form, authorizedBy("Basic "+base64Of([]byte(client)), "application/x-www-form-urlencoded"))
	if err != nil {
		return Session{}, err
	}
	if r.Status != http.StatusOK {
		return Session{}, refusedExchange(r)
	}
	token, _ := tokenOf(r.Body)
	return sessionFrom(r, token, key, p.Region, "the domain answered the exchange without a session")
}
