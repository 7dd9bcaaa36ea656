package idcs

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/credential-idcs/credential-idcs/internal/text"
)

// fail classifies an answer that isn't a 2xx with what was asked for. refused is what `invalid_grant`
// means for the grant. The members decide, then the status; the description never does, as its
// texts are neither documented nor distinct.
func (r *reply) fail(refused Class) *Error {
	m, ok := members(r.Body)
	return r.classify(m, ok && !(r.Odd && silent(m)), refused)
}

// classify is fail for an answer whose members were read.
func (r *reply) classify(m map[string]any, isJSON bool, refused Class) *Error {
	if r.broken != nil && !isJSON {
		return r.broken
	}
	code := errorCode(m)
	e := &Error{
		Status: r.Status, Outcome: Settled, Clock: r.Clock(),
		Code: r.redact(code), Description: r.redact(m["error_description"]), ECID: r.redact(m["ecid"]),
	}
	_, scim := m["schemas"] // RFC 7644 3.12: what is below /admin, and some gateways, answer so
	if scim && e.Description == "" {
		e.Description = r.redact(m["detail"])
	}
	switch s := r.Status; {
	case s/100 == 2 && isJSON:
		e.Class = ErrFailure
	case s/100 == 3:
		e.Class, e.Cause = ErrConfiguration, r.redirect()
	case s/100 == 4 && code == "invalid_grant":
		e.Class = refused
	case s/100 == 4 && settings(code):
		e.Class = ErrConfiguration
	case s == http.StatusTooManyRequests, s == http.StatusServiceUnavailable:
		e.Class = ErrLater // written by whoever sheds load, before anything was done
	case s == http.StatusRequestTimeout:
		e.Class, e.Outcome = ErrLater, Doubtful
	case s/100 == 4 && code != "":
		e.Class = ErrFailure
	case s == http.StatusUnauthorized, s == http.StatusForbidden:
		e.Class = ErrConfiguration
	default:
		e.Class, e.Outcome = ErrLater, Doubtful
		if s/100 == 2 {
			e.Cause = "the domain's answer is no JSON object"
		}
		if coding := r.UnknownCoding(); coding != "" && !isJSON {
			e.Suspect, e.Cause = true, "the domain's answer is compressed with "+coding+", although identity was asked for"
		}
		if r.TooLong && !isJSON {
			e.Cause = "the domain's answer is longer than 1 MiB"
		}
		switch {
		case scim && s/100 == 4:
			e.Suspect, e.Cause = true, "the domain refused the request"
		case s == http.StatusNotFound, s == http.StatusMethodNotAllowed, s == http.StatusNotImplemented:
			e.Suspect, e.Cause = true, "the domain has no such endpoint"
		}
	}
	if e.Class == ErrLater {
		e.RetryAfter = r.RetryAfter()
	}
	return e
}

// silent reports whether an object has nothing that OAuth knows: in an answer whose framing is broken, too,
// it isn't the domain's word.
func silent(m map[string]any) bool {
	for _, name := range []string{"access_token", "refresh_token", "device_code"} {
		if _, ok := m[name]; ok {
			return false
		}
	}
	return !isError(m["error"])
}

// errorCode is the member `error`. Oracle's device page shows AUTHORIZATION_PENDING in capitals, which
// no code of OAuth has.
func errorCode(m map[string]any) string {
	code := textOf(m["error"])
	for i := range len(code) {
		if c := code[i] | 0x20; code[i] != '_' && (c < 'a' || c > 'z') {
			return code
		}
	}
	return strings.ToLower(code)
}

// settings reports whether an error is caused by somebody's settings: the client's, its scope's, its
// grants'. RFC 6749 5.2; invalid_redirect_uri is Oracle's.
func settings(code string) bool {
	switch code {
	case "invalid_client", "unauthorized_client", "invalid_scope", "invalid_request",
		"unsupported_grant_type", "invalid_redirect_uri":
		return true
	}
	return false
}

// redirect says where a 3xx points to. It isn't followed: a 307 would carry the refresh token there.
func (r *reply) redirect() string {
	u, err := url.Parse(r.Header.Get("Location"))
	switch {
	case err != nil || r.Header.Get("Location") == "":
		return "the domain redirects, without saying where to"
	case u.Host == "":
		return "the domain redirects within itself; is this the identity domain's address"
	}
	if u.Scheme == "" {
		u.Scheme = "https" // "//host/path" keeps the request's
	}
	return "the domain redirects to " + text.Clean(u.Scheme+"://"+u.Host)
}
