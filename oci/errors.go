package oci

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/text"
	"github.com/credential-idcs/credential-idcs/internal/wire"
	"github.com/credential-idcs/credential-idcs/oci/ident"
)

// A Class is what a failure means for the caller. errors.Is(err, ErrLater) is true for every error of that class.
type Class string

const (
	// ErrSettings: a signature, a policy, a certificate or a file is wrong. Trying again doesn't help.
	ErrSettings Class = "Oracle refused what this is set to"
	// ErrLater: overload, an outage, no connection.
	ErrLater Class = "Oracle can't answer now"
	// ErrFailure: an answer that can't be used.
	ErrFailure Class = "Oracle's answer can't be used"
)

func (c Class) Error() string { return string(c) }

// An Error is why there is no usable answer. It quotes nothing of the request and the body: it has only the status, the
// code if it is a word, and Oracle's ID of the request.
type Error struct {
	Class  Class
	Text   string // one line, without the program's name
	Status int
	Code   string
	// NotSent: no byte of a request was sent. Local: the cause is on this machine, without a connection.
	NotSent, Local bool
	// Unsupported: no attempt can succeed, such as with a kind of proxy that this program doesn't support.
	Unsupported bool
	// RetryAfter is that of a 429 or 5xx, 1 s to 300 s; 0: it has none.
	RetryAfter time.Duration
	Clock      wire.Clock
	Err        error // for errors.Is and errors.As; Error doesn't print it
}

func (e *Error) Error() string { return e.Text }

// Is makes errors.Is(err, ErrLater) work.
func (e *Error) Is(target error) bool { return target == error(e.Class) }

func (e *Error) Unwrap() error { return e.Err }

// A FileError is what is wrong in a line of a configuration file of Oracle's tools, or in a file to which the line refers.
type FileError struct {
	File    string // as in the profile
	Line    int    // 0: the file as a whole
	Problem string
	Named   string // the file to which the line refers, if that is what is wrong
	Err     error

	// Again is the session that a person has to make again; nil: that doesn't help.
	Again *SessionError
	// torn: a program may be writing the file to which the line refers.
	torn bool
}

func (e *FileError) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Problem
	}
	return e.File + ":" + strconv.Itoa(e.Line) + ": " + e.Problem
}

func (e *FileError) Unwrap() error { return e.Err }

// A ProfileError is returned if a configuration file of Oracle's tools has no such profile.
type ProfileError struct{ File, Profile string }

func (e *ProfileError) Error() string { return e.File + " has no profile " + e.Profile }

// useless is the error of an answer with status 200 that can't be used.
//
//go:noinline
func useless(r *wire.Reply, text string) *Error {
	return &Error{Class: ErrFailure, Status: r.Status, Clock: r.Clock(), Text: text}
}

// inFile adds a file's name to an error of package ident.
func inFile(file string, err error) error {
	var c *ident.ConfigError
	switch {
	case err == nil || errors.Is(err, ident.ErrNoSection):
		return err
	case errors.As(err, &c):
		return &FileError{File: file, Line: c.Line, Problem: c.Problem, Err: err}
	}
	return &FileError{File: file, Problem: err.Error(), Err: err}
}

// A SessionError is returned if a person must make a session with Oracle's tools.
type SessionError struct {
	File, Profile string
	Region        string // "": the file has none
	// Missing is what doesn't exist: the profile, its security_token_file or its key_file; "": the session ended.
	Missing string
	Ended   time.Time // from the token
}

func (e *SessionError) Error() string {
	switch {
	case e.Missing == "":
		return "the OCI session " + e.Profile + " of " + e.File + " ended at " + e.Ended.Local().Format("15:04")
	case e.Missing == "profile":
		return e.File + " has no profile " + e.Profile
	}
	return "profile " + e.Profile + " of " + e.File + " has no " + e.Missing
}

// unanswered is the *Error for an error of package wire.
func unanswered(host string, err error) error {
	var w *wire.Error
	if !errors.As(err, &w) {
		return err
	}
	e := &Error{Class: ErrLater, Text: w.Error(), NotSent: !w.Sent, Unsupported: w.Unsupported, Err: w.Err}
	if w.Settings {
		e.Class = ErrSettings
	}
	if w.Sent {
		e.Text = text.Clean(host) + ": the request was sent, but no whole answer came"
	}
	return e
}

// notAllowed is the code of the 404 that many of Oracle's services answer if a policy is missing.
//
// https://docs.oracle.com/en-us/iaas/Content/API/References/apierrors.htm
const notAllowed = "NotAuthorizedOrNotFound"

// refused is the error of an answer without status 200, by the status alone. The message has the code if it is a word.
//
// https://docs.oracle.com/en-us/iaas/Content/API/References/apierrors.htm
func refused(host string, r *wire.Reply) *Error {
	e := &Error{Status: r.Status, Code: word(read(r.Body).Code, ""), Clock: r.Clock()}
	later := r.Status == http.StatusTooManyRequests || r.Status == http.StatusRequestTimeout || r.Status/100 == 5
	what := e.Code
	switch {
	case r.Status == http.StatusForbidden:
		what = "" // the code is the same as for something that doesn't exist
	case what == "" && later:
		what = http.StatusText(r.Status)
	}
	said := strings.TrimSpace(strconv.Itoa(r.Status) + " " + what)
	if id := requestIDOf(r); id != "" && r.Status != http.StatusUnauthorized {
		said += "; opc-request-id " + id
	}
	switch s := r.Status; {
	case s == http.StatusUnauthorized:
		e.Class, e.Text = ErrSettings, host+" refused the signature ("+said+")"
		if off := e.Clock.Skew; e.Clock.Known && ClockMatters(off) {
			e.Text += "; this machine's clock is " + offBy(off)
		}
	case s == http.StatusForbidden, s == http.StatusNotFound && e.Code == notAllowed:
		e.Class, e.Text = ErrSettings, host+": not allowed ("+said+")"
	case s/100 == 3:
		e.Class, e.Text = ErrSettings, host+" redirects ("+said+")"
	case later:
		e.Class, e.Text, e.RetryAfter = ErrLater, host+" can't answer now ("+said+")", r.RetryAfter()
	default:
		e.Class, e.Text = ErrSettings, host+" refused the request ("+said+")"
	}
	return e
}

// refusedExchange is refused for a domain's answer to an exchange.
func refusedExchange(r *wire.Reply) *Error {
	m := read(r.Body)
	e := refused("the domain", r)
	if e.Class == ErrLater {
		return e
	}
	e.Code = word(m.Error, "_")
	e.Text = "the domain refused the exchange (" + strings.TrimSpace(strconv.Itoa(r.Status)+" "+e.Code)
	if id := word(m.ECID, "0123456789-_^"); id != "" {
		e.Text += ", ECID " + id
	}
	e.Text += ")"
	return e
}

// offBy is how wrong our clock is: "10 minutes ahead of Oracle's".
func offBy(skew time.Duration) string {
	way := " minutes behind Oracle's"
	if skew < 0 {
		skew, way = -skew, " minutes ahead of Oracle's"
	}
	return strconv.Itoa(int(skew.Round(time.Minute).Minutes())) + way
}

// word is s if it is at most 100 letters and characters of more, else "": a message must not quote anything else.
//
//go:noinline
func word(s, more string) string {
	if len(s) > 100 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"+more) != "" {
		return ""
	}
	return s
}

// requestIDOf is Oracle's ID of a request, for its support; "": there is none.
func requestIDOf(r *wire.Reply) string {
	return word(r.Header.Get("Opc-Request-Id"), "0123456789/-_")
}
