package signin

import (
	"errors"
	"fmt"
	"os"

	"github.com/credential-idcs/credential-idcs/idcs"
)

var (
	// ErrDenied says that the person, or the domain in their place, said no. It is inside an
	// *idcs.Error.
	ErrDenied = errors.New("the login was denied")
	// ErrExpired says that nobody approved the device in time. It is inside an *idcs.Error.
	ErrExpired = errors.New("the code expired before anybody approved it")
	// ErrNoAnswer says that no browser came back in time. The domain shows some refusals as a page
	// of its own and never sends the browser back: see Advice.
	ErrNoAnswer = errors.New("the browser did not come back within 5 minutes")
	// ErrNonce says that the answer holds an ID token of another login.
	ErrNonce = errors.New("the domain answered with the ID token of another login")
	// ErrNoRefresh is for a caller whose login brought no refresh token. No function here returns it;
	// Advice knows it.
	ErrNoRefresh = errors.New("the login brought no refresh token")
	// ErrNoPassword says that stdin held nothing.
	ErrNoPassword = errors.New("no password was given")
	// ErrPasswordLines says that stdin held more than one line.
	ErrPasswordLines = errors.New("a password is one line of at most 4096 bytes")
)

// A RedirectError says why a redirect URL can't be listened on.
type RedirectError struct{ Problem string }

func (e *RedirectError) Error() string { return "redirect_url " + e.Problem }

// A PortError says that the redirect's port can't be listened on.
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

// An IssuerError says that the browser brought the answer of another issuer (RFC 9207): somebody sent
// it from one domain to another, to get the code of one by the login of the other.
type IssuerError struct{ Issuer string }

func (e *IssuerError) Error() string { return "the answer comes from another issuer, " + e.Issuer }

// ended is a login that is over: the cause in our words, what the domain said in brackets.
func ended(cause error, domain idcs.Error) *idcs.Error {
	domain.Class, domain.Outcome = idcs.ErrLoginFailed, idcs.Settled
	domain.Cause, domain.Err = cause.Error(), cause
	return &domain
}
