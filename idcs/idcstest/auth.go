package idcstest

import (
	"encoding/base64"
	"net/url"
	"strings"
)

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// authenticate finds out which client sends the request, in one of the three ways of D RefreshGT, and
// takes the parameters of that way out of the form: what remains is the grant's.
func (x *exchange) authenticate(form url.Values) (*Client, *refusal) {
	basic := x.req.Header.Values("Authorization")
	id, kind, jwt := form.Get("client_id"), form.Get("client_assertion_type"), form.Get("client_assertion")
	hasAssertion := form.Has("client_assertion_type") || form.Has("client_assertion")
	if len(basic) > 0 {
		if hasAssertion || form.Has("client_id") {
			return nil, badRequest("Authorization together with client_id or client_assertion")
		}
		return x.basic(basic)
	}
	for _, n := range []string{"client_id", "client_assertion_type", "client_assertion"} {
		form.Del(n)
	}
	if id == "" {
		return nil, badRequest("neither Authorization nor client_id")
	}
	c := x.s.client(id)
	switch {
	case c == nil:
		return nil, badClient("client is unknown")
	case !hasAssertion && !c.Public():
		return nil, badClient("a confidential client without proof")
	case !hasAssertion:
		return c, nil
	case kind != assertionType:
		return nil, badRequest("client_assertion_type is not %s", assertionType)
	case c.Key == nil:
		return nil, badClient("the client has no certificate")
	}
	if why := x.checkAssertion(jwt, []*Key{c.Key}, c.ID); why.text != "" {
		return nil, badClient("client assertion: %s", why.text)
	} else if why.subject != c.ID {
		return nil, badClient("client assertion: sub is not the client ID")
	}
	return c, nil
}

// basic checks HTTP Basic as RFC 6749 2.3.1 has it: id and secret are form-encoded before they are
// joined. The raw pair is refused where it differs, because a real server may do so.
func (x *exchange) basic(headers []string) (*Client, *refusal) {
	if len(headers) > 1 {
		return nil, badRequest("two Authorization headers")
	}
	scheme, encoded, _ := strings.Cut(headers[0], " ")
	if !strings.EqualFold(scheme, "Basic") {
		return nil, badClient("Authorization is not Basic")
	}
	pair, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return nil, badClient("Basic is not base64")
	}
	id, secret, ok := strings.Cut(string(pair), ":")
	if !ok {
		return nil, badClient("Basic without a colon")
	}
	if id, err = unescape(id); err != nil {
		return nil, badClient("Basic, client ID: %v", err)
	}
	if secret, err = unescape(secret); err != nil {
		return nil, badClient("Basic, secret: %v", err)
	}
	c := x.s.client(id)
	if c == nil || c.Secret == "" || c.Secret != secret {
		return nil, badClient("no such client, or another secret")
	}
	return c, nil
}
