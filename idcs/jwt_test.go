package idcs

import (
	"encoding/base64"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What a token says of itself, signed or not; what isn't said is empty.
func TestIssuedFor(t *testing.T) {
	for payload, want := range map[string]struct {
		issuer    string
		audiences []string
	}{
		`{"iss":"https://i/","aud":"https://a"}`:          {"https://i/", []string{"https://a"}},
		`{"iss":"https://i/","aud":["abc","https://i/"]}`: {"https://i/", []string{"abc", "https://i/"}},
		`{"aud":[1,"","abc",null]}`:                       {"", []string{"abc"}},
		`{"iss":1,"aud":{}}`:                              {},
		`{}`:                                              {},
		`[]`:                                              {},
		`no JSON`:                                         {},
	} {
		for _, signature := range []string{"", "c2ln"} {
			issuer, audiences := IssuedFor("e30." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + "." + signature)
			if issuer != want.issuer || !cmp.Equal(audiences, want.audiences) {
				t.Errorf("%s: got %q, %q", payload, issuer, audiences)
			}
		}
	}
	for _, token := range []string{"", "opaque", "a.b", "a.b.c.d", "e30.***."} {
		if issuer, audiences := IssuedFor(token); issuer != "" || audiences != nil {
			t.Errorf("%s: got %q, %q", token, issuer, audiences)
		}
	}
}
