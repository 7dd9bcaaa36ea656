package helpers

import (
	"iter"
	"strings"
)

// Offers reports whether one of the WWW-Authenticate headers has the scheme, in any case.
func Offers(challenges []string, scheme string) bool {
	for _, challenge := range challenges {
		for s := range schemes(challenge) {
			if strings.EqualFold(s, scheme) {
				return true
			}
		}
	}
	return false
}

// schemes yields the names of the schemes of a WWW-Authenticate header. A header may have several challenges, and commas
// separate these as well as the parameters of one, so a name is a token at the start or behind a comma outside quotes,
// without a "=" behind it (RFC 9110 section 11.6.1).
func schemes(header string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for rest := header; rest != ""; rest = behindComma(rest) {
			rest = strings.TrimLeft(rest, " \t,")
			n := 0
			for n < len(rest) && tokenChar(rest[n]) {
				n++
			}
			name, after := rest[:n], rest[n:]
			if name == "" || after != "" && !strings.ContainsAny(after[:1], " \t,") {
				continue
			}
			if strings.HasPrefix(strings.TrimLeft(after, " \t"), "=") {
				continue
			}
			if !yield(name) {
				return
			}
		}
	}
}

// behindComma is what follows the first comma outside a quoted string.
func behindComma(s string) string {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ',' && !quoted:
			return s[i+1:]
		}
	}
	return ""
}

// tokenChar is tchar of RFC 9110 section 5.6.2.
func tokenChar(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}
