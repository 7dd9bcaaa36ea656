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
