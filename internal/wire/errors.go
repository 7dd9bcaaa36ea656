package wire

import (
	"context"
	"errors"
	"io"
	"net"
)

// An Error is why there is no complete answer. It quotes nothing of the request or the answer, and no password of a
// proxy.
type Error struct {
	// Sent: the first byte of the request may have been sent. If it is false, nothing was.
	Sent bool
	// Settings: only other settings help, such as another CA. Else it may work later.
	Settings bool
	// Unsupported: no attempt can succeed, since this program doesn't support it.
	Unsupported bool
	// Suspect: it is probably an error of the settings, if it happens again: an outage seldom looks like this.
	Suspect bool
	// Cause is what happened, in our words; empty: only that no complete answer came.
	Cause string
	// Err is the cause for errors.Is and errors.As: the context's error, an x509 error. Error()
	// doesn't print it.
	Err error
}

func (e *Error) Error() string {
	if e.Cause == "" {
		return "the request was sent, but no whole answer came"
	}
	return e.Cause
}

func (e *Error) Unwrap() error { return e.Err }

// refuse is the error of a request that can't be made: nothing was sent, and only other settings help.
func refuse(cause string, err error) *Error {
	return &Error{Settings: true, Cause: cause, Err: err}
}

// unreachable is the error of a connection that failed. It may work later.
func unreachable(cause string, err error) *Error {
	return &Error{Cause: cause, Err: err}
}

// Interrupted is the error of a request whose context ended before anything was sent.
func Interrupted(ctx context.Context) *Error {
	return unreachable("interrupted before anything was sent", context.Cause(ctx))
}

// inDoubt is the error of an exchange that broke off. An error of net/http isn't put into it: it may quote the answer.
func inDoubt(ctx context.Context, cause string, err error) *Error {
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	} else if !isNetwork(err) {
		err = nil
	}
	return &Error{Sent: true, Cause: cause, Err: err}
}

// isNetwork reports whether an error is one of the network, whose text has nothing of an answer.
func isNetwork(err error) bool {
	var n net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &n)
}
