package oci

import (
	"context"
	"net/http"

	"github.com/credential-idcs/credential-idcs/oci/ident"
)

// Registry gets a token of OCIR for one of its hosts: with one signed GET to that host.
//
// https://docs.oracle.com/en-us/iaas/api/#/en/registry/20180419/AccessToken
func (m *Machine) Registry(ctx context.Context, s Session, host string) (Answer, error) {
	if _, ok := ident.IsRegistry(host); !ok {
		return Answer{}, &Error{Class: ErrSettings, NotSent: true, Text: "this is no host of OCIR"}
	}
	r, err := m.signed(ctx, s, &Message{Method: http.MethodGet, Host: host, Target: "/20180419/docker/token"}, nil)
	if err != nil {
		return Answer{}, err
	}
	if r.Status != http.StatusOK {
		e := refused(host, r)
		if e.Status == http.StatusForbidden || e.Code == notAllowed {
			e.Text += ": a policy must say: allow … to read repos in …"
		}
		return Answer{}, e
	}
	token, expires := tokenOf(r.Body)
	return answerOf(r, host, token, expires)
}
