package canary

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// forms are the spellings in which a secret may turn up, by name. The raw one is a form, too.
func forms(secret string) map[string]string {
	all := map[string]string{
		"raw":      secret,
		"hex":      hex.EncodeToString([]byte(secret)),
		"HEX":      strings.ToUpper(hex.EncodeToString([]byte(secret))),
		"query":    url.QueryEscape(secret),
		"path":     url.PathEscape(secret),
		"query, %": strings.ReplaceAll(url.QueryEscape(secret), "+", "%20"),
		"json":     inJSON(secret, true),
		"json, <":  inJSON(secret, false),
		"quoted":   strings.Trim(fmt.Sprintf("%q", secret), `"`),
	}
	for at := range 3 {
		all[fmt.Sprintf("base64 at %d", at)] = inBase64(secret, at, base64.RawStdEncoding)
		all[fmt.Sprintf("base64url at %d", at)] = inBase64(secret, at, base64.RawURLEncoding)
	}
	return all
}

// inJSON is a secret within a JSON string.
func inJSON(secret string, html bool) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(html)
	_ = e.Encode(secret) // a string always can be
	return strings.TrimSuffix(strings.TrimPrefix(b.String(), `"`), "\"\n")
}

// inBase64 is what always stands in base64 of a text that holds the secret at an offset, modulo 3: the
// digits at both ends depend on the neighbours and are left out.
func inBase64(secret string, at int, coding *base64.Encoding) string {
	text := strings.Repeat("x", at) + secret
	text = text[:len(text)-len(text)%3]
	return coding.EncodeToString([]byte(text))[[]int{0, 2, 3}[at]:]
}

// A finding is a secret where it stands.
type finding struct{ secret, form string }

// search looks for all secrets in a text.
func search(text string, secrets []string) (found []finding) {
	for _, s := range secrets {
		for form, needle := range forms(s) {
			if strings.Contains(text, needle) {
				found = append(found, finding{s, form})
				break
			}
		}
	}
	return found
}

// What finds nothing proves nothing, unless it finds what was planted.
func TestEachFormIsFound(t *testing.T) {
	const marker = "marker \"<&>+/%\\ \x01é?~0123456789"
	plants := map[string]string{
		"raw":     "Bearer " + marker + "\n",
		"hex":     fmt.Sprintf("%x", "ab"+marker+"z"),
		"HEX":     fmt.Sprintf("%X", "ab"+marker+"z"),
		"query":   url.Values{"password": {marker}, "z": {"1"}}.Encode(),
		"path":    (&url.URL{Scheme: "https", Host: "h", Path: "/a/"}).String() + url.PathEscape(marker) + "/b",
		"quoted":  fmt.Sprintf("%q", struct{ A, B string }{marker, "b"}),
		"escaped": strings.ReplaceAll(url.QueryEscape("a b"+marker), "+", "%20"),
	}
	b, err := json.Marshal(map[string]string{"token": marker})
	if err != nil {
		t.Fatal(err)
	}
	plants["json"] = string(b)
	for at := range 3 {
		for _, tail := range []string{"", "1", "12"} {
			text := []byte(strings.Repeat("a", 3+at) + marker + tail)
			plants[fmt.Sprintf("base64 %d%s", at, tail)] = base64.StdEncoding.EncodeToString(text)
			plants[fmt.Sprintf("base64url %d%s", at, tail)] = base64.URLEncoding.EncodeToString(text)
		}
	}
	for name, text := range plants {
		if len(search(text, []string{marker})) != 1 {
			t.Errorf("%s: not found in %s", name, text)
		}
		if len(search(strings.ToUpper(text[:len(text)/2]), []string{marker})) != 0 {
			t.Errorf("%s: found in half of it", name)
		}
	}
}

// claimsOf is the middle of a JWT, empty for what is none.
func claimsOf(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ""
	}
	b, _ := base64.RawURLEncoding.DecodeString(parts[1])
	return string(b)
}

// member is one claim, as text.
func member(claims, name string) string {
	var m map[string]any
	_ = json.Unmarshal([]byte(claims), &m) // what is no JSON has no members
	return fmt.Sprint(m[name])
}
