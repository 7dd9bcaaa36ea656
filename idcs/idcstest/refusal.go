package idcstest

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// A refusal is an OAuth error, RFC 6749 5.2. What the wire says is as vague as the domain; why is for
// the journal.
type refusal struct {
	status int
	code   string // the member error
	text   string // the member error_description
	why    string // for the journal, without secrets
}

// answer is a whole HTTP answer before a fault touches it.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func badRequest(format string, args ...any) *refusal {
	why := fmt.Sprintf(format, args...)
	return &refusal{http.StatusBadRequest, "invalid_request", "The request is invalid: " + why, why}
}

// badClient is 401: D op-oauth2-v1-revoke-post; the text is of D known-issues-ebs-asserter.
func badClient(format string, args ...any) *refusal {
	return &refusal{http.StatusUnauthorized, "invalid_client", "Client authentication failed.", fmt.Sprintf(format, args...)}
}

func badGrant(text, why string) *refusal {
	return &refusal{http.StatusBadRequest, "invalid_grant", text, why}
}

func badScope(format string, args ...any) *refusal {
	return &refusal{http.StatusBadRequest, "invalid_scope", "The requested scope is invalid.", fmt.Sprintf(format, args...)}
}

// answer makes JSON with an ecid, as D troubleshoot-refresh shows it.
func (r *refusal) answer() answer {
	a := jsonAnswer(r.status, map[string]any{
		"error":             r.code,
		"error_description": r.text,
		"ecid":              "A1b2" + randomHex(6),
	})
	if r.status == http.StatusUnauthorized {
		a.header.Set("WWW-Authenticate", `Basic realm="idcs"`) // RFC 6749 5.2
	}
	return a
}

func jsonAnswer(status int, body any) answer {
	b, err := json.Marshal(body)
	if err != nil {
		panic(err) // maps of strings and numbers
	}
	return answer{status, http.Header{
		"Content-Type":  {"application/json;charset=UTF-8"},
		"Cache-Control": {"no-store"},
		"Pragma":        {"no-cache"},
	}, b}
}
