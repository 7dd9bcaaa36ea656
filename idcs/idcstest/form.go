package idcstest

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// parseForm reads application/x-www-form-urlencoded as a serializer writes it: everything but letters,
// digits and *-._~ is escaped, + is a space, a name comes once and has a value. A raw = inside a
// value, which ends every refresh token and code, is refused like the rest: real servers differ on
// what they make of it. RFC 6749 appendix B; 3.2: "Parameters sent without a value MUST be treated as
// if they were omitted", "MUST NOT be included more than once".
func parseForm(raw string) (url.Values, error) {
	form := url.Values{}
	if raw == "" {
		return form, nil
	}
	for pair := range strings.SplitSeq(raw, "&") {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, fmt.Errorf("a parameter without =")
		}
		name, err := unescape(name)
		if err != nil {
			return nil, fmt.Errorf("a parameter's name: %w", err)
		}
		if value, err = unescape(value); err != nil {
			return nil, fmt.Errorf("parameter %.40q: %w", name, err)
		}
		if value == "" {
			return nil, fmt.Errorf("parameter %.40q is empty", name)
		}
		if form.Has(name) {
			return nil, fmt.Errorf("parameter %.40q comes twice", name)
		}
		form[name] = []string{value}
	}
	return form, nil
}

// unescape decodes one name or value, and refuses what a serializer would have escaped.
func unescape(s string) (string, error) {
	for i := range len(s) {
		if c := s[i]; !isUnreserved(c) && c != '*' && c != '+' && c != '%' {
			return "", fmt.Errorf("byte %#02x must be escaped", c)
		}
	}
	s, err := url.QueryUnescape(s)
	if err != nil {
		return "", fmt.Errorf("a bad %% escape")
	}
	return s, nil
}

// isUnreserved is unreserved of RFC 3986 2.3, also what a PKCE verifier is made of (RFC 7636 4.1).
func isUnreserved(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return c == '-' || c == '.' || c == '_' || c == '~'
}

// only checks that a form has all of the needed parameters and else none but the optional ones.
func only(form url.Values, needed []string, optional ...string) *refusal {
	for _, n := range needed {
		if !form.Has(n) {
			return badRequest("parameter %s is missing", n)
		}
	}
	for n := range form {
		if !slices.Contains(needed, n) && !slices.Contains(optional, n) {
			return badRequest("parameter %.40q is unknown here", n)
		}
	}
	return nil
}
