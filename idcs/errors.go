package idcs

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/internal/wire"
)

// A Class says what a failure means for the caller. It is an error itself: errors.Is(err, ErrSpent)
// holds for every error of that class.
type Class string

// The classes. They follow from the member `error` of the answer, then from its status, and never
// from `error_description`: Oracle's text can't tell an expired refresh token from a reused one.
const (
	// ErrSpent: the domain no longer accepts this refresh token (invalid_grant, any 4xx).
	ErrSpent Class = "the refresh token is spent"
	// ErrLoginFailed: it refused a code, a device code or a password (invalid_grant).
	ErrLoginFailed Class = "the domain refused the login"
	// ErrConfiguration: client, key, scope, grant switch, certificate, redirect. Repeating is useless.
	ErrConfiguration Class = "the domain refused the client or its settings"
	// ErrLater: overload, an outage, a page that no domain sends, or no connection.
	ErrLater Class = "the domain can't answer now"
	// ErrInDoubt: the request was written, and no whole answer came.
	ErrInDoubt Class = "the request was sent, but no whole answer came"
	// ErrFailure: anything else, such as a 200 that can't be used.
	ErrFailure Class = "the domain's answer can't be used"
)

// Error is the class in words, one line.
func (c Class) Error() string { return string(c) }

// ErrNotSent is what errors.Is finds in every Error whose Outcome is NotSent.
const ErrNotSent Class = "nothing was sent"

// An Outcome says how far a request came, which decides whether a one-time token in it may still be
// presented. The zero value is the one that promises least.
type Outcome int

const (
	// Lost: the first byte may have left, and no whole answer came back.
	Lost Outcome = iota
	// NotSent: not one byte of the request left this process.
	NotSent
	// Doubtful: a whole answer came, but not one that says what became of the grant: 408, a 5xx
	// other than 503, a 4xx without an OAuth error, a 2xx that is no JSON object or over 1 MiB. A
	// gateway may have written it after the domain had done its work.
	Doubtful
	// Settled: the domain itself answered; what was sent has been judged.
	Settled
)

// String is the outcome in a word, for logs.
func (o Outcome) String() string {
	switch o {
	case NotSent:
		return "not sent"
	case Doubtful:
		return "doubtful"
	case Settled:
		return "settled"
	}
	return "lost"
}

// An Error is why there is no answer to use. It holds no URL, no request and no body: only what a
// person may see. All texts from outside are one clean line of 200 bytes at most, and a text in
// which 16 bytes of a secret of this request turn up is left out altogether.
type Error struct {
	Class   Class
	Outcome Outcome

	Status      int    // HTTP status, 0 without one
	Code        string // `error`: "invalid_grant"
	Description string // `error_description`
	ECID        string // `ecid`, the domain's number for the request; may hold ^

	// Cause says in our words what happened where the domain's don't: "the certificate isn't trusted".
	Cause string

	// Unsupported: no attempt can succeed before somebody changes a setting, such as a proxy of a kind
	// that this package doesn't speak with.
	Unsupported bool
	// Suspect: an outage seldom looks so (404, 405, 501, an error of the domain's administration, a proxy
	// that knows only NTLM). If it comes twice in a row, or at a login, it is one of settings.
	Suspect bool

	// RetryAfter is what a 408, 429 or 5xx asks for, 1 s to 300 s; 0: it doesn't say.
	RetryAfter time.Duration

	// Refresh is the successor that came in a 2xx which is not usable otherwise. The refresh token
	// that was sent is dead then: this one must be stored.
	Refresh secret.Text

	// Clock is what the answer's Date header said. A client that was refused for its times can correct
	// them by it, unless it is Wild.
	Clock Clock

	// Err is the cause for errors.Is and errors.As: the context's error, the error of sending, an
	// x509 error. Error() doesn't print it.
	Err error `json:"-"`
}

// Error is one line, lower case: the cause or the class, then in brackets what the domain said.
func (e *Error) Error() string {
	s := e.Cause
	if s == "" {
		s = string(e.Class)
	}
	if d := e.Detail(); d != "" {
		s += " (" + d + ")"
	}
	return s
}

// Detail is what the domain said, as in `400 invalid_grant, The token has already been consumed.,
// ecid A1b2c3d4e0000000`; empty if it said nothing.
func (e *Error) Detail() string {
	var parts []string
	head := e.Code
	if e.Status != 0 {
		head = strings.TrimSpace(strconv.Itoa(e.Status) + " " + e.Code)
	}
	for _, p := range []string{head, e.Description} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if e.ECID != "" {
		parts = append(parts, "ecid "+e.ECID)
	}
	return strings.Join(parts, ", ")
}

// Is makes errors.Is(err, ErrSpent) and errors.Is(err, ErrNotSent) work.
func (e *Error) Is(target error) bool {
	return target == error(e.Class) || target == error(ErrNotSent) && e.Outcome == NotSent
}

func (e *Error) Unwrap() error { return e.Err }

// refuse is a request that can't be made: nothing was sent, and only other settings help.
func refuse(cause string, err error) *Error {
	return &Error{Class: ErrConfiguration, Outcome: NotSent, Cause: cause, Err: err}
}

// broken is a request without a whole answer, in this package's words. head is what came of one.
func broken(err error, head *wire.Reply) *Error {
	var w *wire.Error
	if !errors.As(err, &w) {
		return &Error{Class: ErrInDoubt, Outcome: Lost, Err: err}
	}
	e := &Error{Class: ErrLater, Outcome: NotSent, Cause: w.Cause, Err: w.Err, Unsupported: w.Unsupported, Suspect: w.Suspect}
	switch {
	case w.Sent:
		e.Class, e.Outcome = ErrInDoubt, Lost
	case w.Settings:
		e.Class = ErrConfiguration
	}
	if head != nil {
		e.Status, e.Clock, e.RetryAfter = head.Status, head.Clock(), head.RetryAfter()
	}
	return e
}
