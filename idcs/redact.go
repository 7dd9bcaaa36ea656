package idcs

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"github.com/credential-idcs/credential-idcs/internal/text"
)

// public are the parameters of a request that are no secrets.
func public(name string) bool {
	switch name {
	case "grant_type", "requested_token_type", "client_id", "client_assertion_type", "scope", "username", "redirect_uri", "response_type":
		return true
	}
	return false
}

// secretsOf lists what must not come back out of a request in a message, as it is and as it is
// encoded on the wire.
func secretsOf(form url.Values, header http.Header) []string {
	var s []string
	add := func(v string) {
		if v != "" {
			s = append(s, v)
			if q := url.QueryEscape(v); q != v {
				s = append(s, q)
			}
		}
	}
	for name, values := range form {
		if !public(name) {
			for _, v := range values {
				add(v)
			}
		}
	}
	add(header.Get("Authorization"))
	if basic, ok := strings.CutPrefix(header.Get("Authorization"), "Basic "); ok {
		add(basic)
		pair, _ := base64.StdEncoding.DecodeString(basic)
		_, quoted, _ := strings.Cut(string(pair), ":")
		add(quoted)
		raw, _ := url.QueryUnescape(quoted)
		add(raw)
	}
	return s
}

// piece is how much of a secret may not be shown: what is shorter is worth nothing to anybody, and
// may be there by chance.
const piece = 16

// redact is a foreign text as it may be shown: a clean line, or empty if v is no string or repeats a
// secret. A server that echoes a token in its description must not make us print it.
func (r *reply) redact(v any) string {
	s := text.Clean(textOf(v))
	for _, hidden := range r.secrets {
		if hidden != "" && len(hidden) < piece && strings.Contains(s, hidden) {
			return ""
		}
		for i := 0; i+piece <= len(s); i++ {
			if strings.Contains(hidden, s[i:i+piece]) {
				return ""
			}
		}
	}
	return s
}
