package oci

import (
	"context"
	"net/http"

	"github.com/credential-idcs/credential-idcs/oci/ident"
)

// Renew gets the successor of a session file's token, for the same key: the answer's Token is a
// SessionFile.Successor. Nothing is written to ~/.oci. Its error is an *Error.
//
// Read in oci-cli 3.89.3, cli_session.py, refresh.
func (m *Machine) Renew(ctx context.Context, f *FileSession) (Answer, error) {
	body := []byte(`{"currentToken":"` + f.Token.Reveal() + `"}`) // no byte of it needs an escape, see claimsOf
	host := ident.AuthHost(f.Region)
	r, err := m.signed(ctx, f.Session, &Message{
		Method: http.MethodPost, Host: host, Target: "/v1/authentication/refresh", ContentType: "application/json", Body: body,
	}, nil)
	switch {
	case err != nil:
		return Answer{}, err
	case r.Status != http.StatusOK:
		return Answer{}, refused(host, r)
	}
	token, _ := tokenOf(r.Body)
	claims, ok := claimsOf(token)
	if fits, known := f.Key.fits(claims); !ok || known && !fits {
		return Answer{}, useless(r, host+" answered without a token")
	}
	return answerOf(r, host, token, nil)
}
