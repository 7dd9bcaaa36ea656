package idcs

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// Whatever the domain answers: a life is never 0, negative or endless, no token with a byte outside
// 0x21–0x7e comes out, a string refresh_token isn't lost, and texts are short, clean lines.
func FuzzTokenAnswer(f *testing.F) {
	for _, s := range []string{
		good, ``, `null`, `[]`, `{}`, `<html>`,
		`{"access_token":"a","expires_in":"3600","refresh_token":"r"}`,
		`{"access_token":"a","expires_in":1e30,"refresh_token":17}`,
		`{"access_token":"a","expires_in":-1,"refresh_token":"r"}`,
		`{"access_token":"a\nb","refresh_token":"r"}`,
		`{"access_token":[[[[{}]]]],"refresh_token":"r"}`,
		`{"error":"invalid_grant","error_description":"\u001b[2J","ecid":"A^"}`,
		`{"refresh_token":"r","refresh_token":null,"access_token":"a","token_type":"mac"}`,
		`{"access_token":"` + jwtOf(`{"iat":1,"exp":2}`) + `","id_token":"` + jwtOf(`{"exp":1e400}`) + `"}`,
		`{"access_token":"...........","id_token":".."}`,
		"\ufeff[" + good + "]\x00<html>", good[:len(good)-1], good[:len(good)-1] + ",}", `{"x":"C:\",` + good[1:], `{"data":` + good + `}`,
	} {
		f.Add(200, []byte(s))
		f.Add(400, []byte(s))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		r := answer("")
		r.Status, r.Body = status, body
		a, err := r.token(ErrSpent)
		refresh := a.Refresh
		if err != nil {
			e := asError(t, err)
			refresh = e.Refresh
			for _, s := range []string{e.Code, e.Description, e.ECID, e.Error()} {
				if !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\x1b\r\n\u2028\u202e") || len(s) > 900 {
					t.Errorf("text %q", s)
				}
			}
			if e.Outcome == NotSent || e.Outcome == Lost {
				t.Errorf("outcome %v of a whole answer", e.Outcome)
			}
		} else {
			if a.Life < time.Second || a.Life > MaxExpiry || a.Life%time.Second != 0 {
				t.Errorf("life %v", a.Life)
			}
			if a.ID.Empty() != (a.IDLife == 0) || a.IDLife < 0 || a.IDLife > MaxExpiry {
				t.Errorf("life of the ID token %v", a.IDLife)
			}
			for _, s := range []string{a.Access.Reveal(), a.ID.Reveal()} {
				for i := range len(s) {
					if s[i] < 0x21 || s[i] > 0x7e {
						t.Fatalf("token %q", s)
					}
				}
			}
			if a.Access.Empty() || status/100 != 2 && a.Refresh.Empty() {
				t.Errorf("status %d, access %v", status, a.Access)
			}
		}
		// encoding/json as the judge, where it accepts the body at all and no name comes twice.
		var m map[string]any
		if status/100 == 2 && strings.Count(string(body), "refresh") < 2 && json.Unmarshal(body, &m) == nil && m != nil {
			// It replaces bytes that are no UTF-8; here a token stays as it came.
			got := string([]rune(refresh.Reveal()))
			want, _ := m["refresh_token"].(string)
			_, access := m["access_token"]
			if got != want && (want != "" || access) { // without either, one may stand further inside
				t.Errorf("refresh token %q, want %q", got, want)
			}
		}
		if status/100 != 2 && err != nil && !refresh.Empty() && !strings.Contains(strings.ToLower(string(body)), "access_token") {
			t.Errorf("a refresh token out of a %d", status)
		}
	})
}

// A device's address is https, of one host for every reader, and printable.
func FuzzVerification(f *testing.F) {
	for _, s := range []string{"http://domain.example.com/ui/v1/device", "https://other.example.com/x", "http://other.example.com",
		"https://user@evil/", "https://domain.example.com\\@evil", "https://a\x1b[0m/", "javascript:x", "//x", "https://"} {
		f.Add(s)
	}
	c := newClient("https://domain.example.com:8443")
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := c.verification(s)
		if !ok {
			return
		}
		if !strings.HasPrefix(got, "https://") || !visible(got, 0x21) || strings.Contains(strings.SplitN(got[8:], "/", 2)[0], "@") {
			t.Errorf("%q became %q", s, got)
		}
	})
}

// What ParseDomain accepts is its own normal form.
func FuzzParseDomain(f *testing.F) {
	for _, s := range []string{"https://idcs-0011.identity.oraclecloud.com:443/", "https://[::1]:8443", "https://a@b", "http://a", "https://127.1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDomain(s)
		if err != nil {
			return
		}
		again, err := ParseDomain(d)
		if err != nil || again != d {
			t.Errorf("%q became %q became %q, %v", s, d, again, err)
		}
		u, err := (&Client{Domain: s}).endpoint(tokenPath)
		if err != nil || u.Scheme != "https" || u.User != nil || u.String() != d+tokenPath {
			t.Errorf("%q: %v, %v", s, u, err)
		}
	})
}
