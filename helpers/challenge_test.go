package helpers

import (
	"strings"
	"testing"
)

// G23: what counts as the name of a scheme.
func TestSchemes(t *testing.T) {
	for header, want := range map[string]string{
		``:                                        "",
		`Basic`:                                   "Basic",
		`Basic realm="x"`:                         "Basic",
		`Bearer, Basic`:                           "Bearer Basic",
		`Bearer,Basic realm=x`:                    "Bearer Basic",
		`Bearer realm="a", basic="b"`:             "Bearer",
		`Bearer realm="a", basic = "b"`:           "Bearer",
		`Bearer realm="a, Basic b", error="c"`:    "Bearer",
		`Bearer realm="a\", Basic ", Negotiate`:   "Bearer Negotiate",
		`Bearer realm="open, Basic`:               "Bearer",
		`Negotiate YII=, Basic realm="x"`:         "Negotiate Basic",
		` , ,	Bearer`:                             "Bearer",
		`Bearer/1 realm="x"`:                      "",
		`"Bearer"`:                                "",
		`Bearertoken`:                             "Bearertoken",
		`realm="Bearer"`:                          "",
		`Digest qop="auth,Bearer", Basic charset`: "Digest Basic",
	} {
		var got []string
		for s := range schemes(header) {
			got = append(got, s)
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("%s: got %q, want %q", header, got, want)
		}
	}
}

// Whatever a server writes: no panic, no endless search, and what counts as a scheme is a token that stands
// outside quotes, at the start or behind a comma.
func FuzzChallenges(f *testing.F) {
	f.Add("Bearer realm=\"x\", Basic realm=\"y\"")
	f.Fuzz(func(t *testing.T, header string) {
		n := 0
		for s := range schemes(header) {
			if n++; n > len(header) {
				t.Fatalf("%q has more schemes than bytes", header)
			}
			if s == "" || strings.IndexFunc(s, func(r rune) bool { return r > 0x7e || !tokenChar(byte(r)) }) >= 0 {
				t.Errorf("%q: scheme %q", header, s)
			}
			if !Offers([]string{header}, strings.ToUpper(s)) {
				t.Errorf("%q doesn't offer %q", header, s)
			}
			if !strings.Contains(","+bare(header), ","+s) {
				t.Errorf("%q: %q stands in quotes, or behind something else", header, s)
			}
		}
	})
}

// bare is a header without quoted strings, and without spaces and empty members around its commas.
func bare(header string) string {
	var b strings.Builder
	quoted := false
	for i := 0; i < len(header); i++ {
		switch c := header[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
			b.WriteByte('"')
		case !quoted:
			b.WriteByte(c)
		}
	}
	var members []string
	for m := range strings.SplitSeq(b.String(), ",") {
		if m = strings.Trim(m, " \t"); m != "" {
			members = append(members, m)
		}
	}
	return strings.Join(members, ",")
}
