package idcs

import (
	"crypto/rand"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

func TestParseDomain(t *testing.T) {
	const d = "https://idcs-0011.identity.oraclecloud.com"
	for in, want := range map[string]string{
		d:           d,
		d + "/":     d,
		d + ":443":  d,
		d + ":443/": d,
		d + ":8443": d + ":8443",
		"HTTPS://IDCS-0011.Identity.OracleCloud.com": d,
		"https://127.0.0.1:8443/":                    "https://127.0.0.1:8443",
		"https://[::1]:8443":                         "https://[::1]:8443",
		"https://localhost":                          "https://localhost",

		"": "", "https://": "", "https:///": "", "https://:443": "",
		"http://idcs.example.com": "", "idcs.example.com": "", "https:/idcs.example.com": "", "ftp://idcs.example.com": "",
		d + "//": "", d + "/oauth2": "", d + "?": "", d + "?x": "", d + "#": "", d + "#x": "", d + "/?x": "",
		"https://user@idcs.example.com": "", "https://user:pw@idcs.example.com": "", "https://@idcs.example.com": "",
		d + ":": "", d + ":0": "", d + ":0443": "", d + ":+443": "", d + ":65536": "", d + ":x": "", d + ":44３": "",
		"https://idcs.example.com.": "", "https://.example.com": "", "https://a..b": "", "https://-a.example.com": "",
		"https://a_b.example.com": "", "https://exämple.com": "", "https://a%41.example.com": "", "https://a b": "",
		"https://idcs.example.com\n": "", "https://*.example.com": "", " " + d: "",
		"https://127.1": "", "https://2130706433": "", "https://0177.0.0.1": "", "https://0x7f.1": "", "https://[::1%25lo]": "",
		"https://[::1": "", "https://::1": "", "https://[127.0.0.1]": "",
		"https://" + strings.Repeat("a", 64) + ".com": "", "https://" + strings.Repeat("a.", 127) + "com": "",
	} {
		got, err := ParseDomain(in)
		if got != want || (err == nil) != (want != "") || err != nil && !errors.Is(err, ErrDomain) {
			t.Errorf("%q: got %q, %v, want %q", in, got, err, want)
		}
	}
}

func TestAuthorizeURL(t *testing.T) {
	// The verifier and challenge of RFC 7636, appendix B.
	verifier := secret.New("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
	c := newClient("https://idcs-0011.identity.oraclecloud.com")
	got, err := c.AuthorizeURL(Authorization{
		RedirectURI: "http://127.0.0.1:8976/callback", Scope: "a+b openid offline_access",
		State: secret.New("st"), Nonce: secret.New("no"), Verifier: verifier,
	})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(got, verifier.Reveal()) || !strings.Contains(got, "scope=a%2Bb%20openid%20offline_access") {
		t.Errorf("got %s", got)
	}
	u, err := url.Parse(got)
	if err != nil || u.Path != "/oauth2/v1/authorize" {
		t.Fatalf("%s: %v", got, err)
	}
	want := url.Values{
		"client_id": {clientID}, "response_type": {"code"}, "redirect_uri": {"http://127.0.0.1:8976/callback"},
		"scope": {"a+b openid offline_access"}, "state": {"st"}, "nonce": {"no"},
		"code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"},
	}
	if diff := cmp.Diff(u.Query(), want); diff != "" {
		t.Errorf("got - want +:\n%s", diff)
	}
	a, err := Random(rand.Reader)
	b, err2 := Random(rand.Reader)
	if err != nil || err2 != nil || a == b || a.Len() != 43 {
		t.Errorf("Random: %v, %v", err, err2)
	}
	if _, err := Random(strings.NewReader("short")); err == nil {
		t.Error("Random took 5 bytes for 32")
	}
}
