package wire

import (
	"context"
	"errors"
	"io"
	"net"
)

// An Error is why there is no whole answer. It quotes nothing of the request and of the answer, and no
// password of a proxy.
type Error struct {
	// Sent: the first byte of the request may have left. While it is false, nothing has.
	Sent bool
	// Settings: only other settings help, such as another CA. Else it may work later.
	Settings bool
	// Unsupported: no try can succeed, since nobody has built what is asked for.
	Unsupported bool
	// Suspect: an outage seldom looks so. It is one of settings, if it comes again.
	Suspect bool
	// Cause says what happened, in our words; empty where there is nothing to say but that no whole
	// answer came.
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

// refuse is a request that can't be made: nothing was sent, and only other settings help.
func refuse(cause string, err error) *Error {
	return &Error{Settings: true, Cause: cause, Err: err}
}

// unreachable is a connection that didn't come about. It may work later.
func unreachable(cause string, err error) *Error {
	return &Error{Cause: cause, Err: err}
}

// Interrupted is what a context that ended before sending makes of a call.
func Interrupted(ctx context.Context) *Error {
	return unreachable("interrupted before anything was sent", context.Cause(ctx))
}

// inDoubt is an exchange that broke off. The error of net/http isn't handed on: it may quote the
// answer.
func inDoubt(ctx context.Context, cause string, err error) *Error {
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	} else if !isNetwork(err) {
		err = nil
	}
	return &Error{Sent: true, Cause: cause, Err: err}
}

// isNetwork reports whether an error is one of the network, whose text holds nothing of an answer.
func isNetwork(err error) bool {
	var n net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &n)
}
