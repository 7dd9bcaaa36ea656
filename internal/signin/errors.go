package signin

import (
	"errors"
	"fmt"
	"os"

	"github.com/credential-idcs/credential-idcs/idcs"
)

var (
	// ErrDenied: the person or the domain denied the login. It is inside an *idcs.Error.
	ErrDenied = errors.New("the login was denied")
	// ErrExpired: nobody approved the device in time. It is inside an *idcs.Error.
	ErrExpired = errors.New("the code expired before anybody approved it")
	// ErrNoAnswer: no browser came back in time. The domain shows some refusals as a page of its own and never sends the
	// browser back: see Advice.
	ErrNoAnswer = errors.New("the browser did not come back within 5 minutes")
	// ErrNonce: the answer has an ID token of another login.
	ErrNonce = errors.New("the domain answered with the ID token of another login")
	// ErrNoRefresh is for a caller whose login brought no refresh token. Only Advice uses it here.
	ErrNoRefresh = errors.New("the login brought no refresh token")
	// ErrNoPassword: stdin was empty.
	ErrNoPassword = errors.New("no password was given")
	// ErrPasswordLines: stdin had more than one line, or a line that is too long.
	ErrPasswordLines = errors.New("a password is one line of at most 4096 bytes")
)

// A RedirectError is why we can't listen at a redirect URL.
type RedirectError struct{ Problem string }

func (e *RedirectError) Error() string { return "redirect_url " + e.Problem }

// A PortError is why we can't listen at the redirect URL's port.
type PortError struct {
	Address string // "127.0.0.1:8976"
	Login   bool   // another login of this program waits there
	Err     error
}

func (e *PortError) Error() string {
	if e.Login {
		return "another login is waiting for its browser at " + e.Address
	}
	err := e.Err
	if s, ok := errors.AsType[*os.SyscallError](err); ok {
		err = s.Err
	}
	return fmt.Sprintf("the browser can't come back to %s: %v", e.Address, err)
}

func (e *PortError) Unwrap() error { return e.Err }

// An IssuerError is returned if the browser brought the answer of another issuer (RFC 9207): perhaps a malicious domain
// sent the browser on to another one, to get its code.
type IssuerError struct{ Issuer string }

func (e *IssuerError) Error() string { return "the answer comes from another issuer, " + e.Issuer }

// ended makes the error of a login that is over, for one of the causes above.
func ended(cause error, domain idcs.Error) *idcs.Error {
	domain.Class, domain.Outcome = idcs.ErrLoginFailed, idcs.Settled
	domain.Cause, domain.Err = cause.Error(), cause
	return &domain
}
