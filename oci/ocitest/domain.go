package ocitest

import (
	"net/http"
)

// Signer verifies a request that an identity domain got, for idcstest.Options.Oracle.
func (s *Server) Signer(r *http.Request, body string) (subject string, err error) {
	caller, err := s.Verify(signed(r, []byte(body)))
	return caller.Subject, err
}
