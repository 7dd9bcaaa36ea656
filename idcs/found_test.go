package idcs

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"strings"
	"testing"
)

// quoted is s as a JSON string.
func quoted(t testing.TB, s string) string {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Whatever is around the tokens, and however they are written down: they are taken.
func TestTokensAreFoundWhereverTheyAre(t *testing.T) {
	const inner = `"access_token":"a.b/c=","token_type":"Bearer","expires_in":3600,"refresh_token":"AQIDBAUnew/="`
	const object = "{" + inner + "}"
	for name, body := range map[string]string{
		"a page":                         "<html><style>" + strings.Repeat("a{b:c}", 100) + "</style><pre>" + object + "</pre></html>",
		"a page, escaped":                "<html><pre>" + html.EscapeString(object) + "</pre></html>",
		"a page with a script":           "<script>" + strings.Repeat("if(a){b()}", 50) + "var answer = " + object + ";</script>",
		"other objects before":           strings.Repeat("{\"a\":1}\n", 50) + object,
		"an event":                       "data: " + object + "\n\n",
		"a part of several":              "--x\r\nContent-Type: application/json\r\n\r\n" + object + "\r\n--x--",
		"an array of others":             `[{"a":1},[],` + object + "]",
		"an envelope":                    `{"error":null,"data":` + object + "}",
		"an envelope without an error":   `{"status":"ok","error":"","data":{"tokens":[` + object + "]}}",
		"an envelope that says false":    `{"error":false,"result":` + object + "}",
		"a string":                       quoted(t, object),
		"a string of a string":           quoted(t, quoted(t, object)),
		"a string in .NET's way":         strings.ReplaceAll(quoted(t, object), `\"`, `\u0022`),
		"a string in an object":          `{"statusCode":200,"body":` + quoted(t, object) + "}",
		"single quotes":                  strings.ReplaceAll(object, `"`, `'`),
		"names without quotes":           strings.NewReplacer(`"access_token"`, "access_token", `"token_type"`, "token_type", `"refresh_token"`, "refresh_token").Replace(object),
		"names in capitals":              strings.NewReplacer("access_token", "ACCESS_TOKEN", "refresh_token", "REFRESH_TOKEN").Replace(object),
		"comments":                       "/* it's an \"answer\" */ { // of \"ours\n" + inner + "}",
		"a quote too few":                `{"x":"it,` + inner + "}",
		"a quote too many":               `{"x":"a"b",` + inner + "}",
		"an escaped name":                strings.Replace(object, "refresh_token", `refresh\u005ftoken`, 1),
		"an escaped value":               strings.Replace(object, "AQIDBAUnew/=", `AQIDBAUnew\/\u003D`, 1),
		"a form":                         "access_token=a.b%2Fc%3D&token_type=Bearer&expires_in=3600&refresh_token=AQIDBAUnew%2F%3D\n",
		"a name within another":          strings.Replace(object, "{", `{"x_refresh_token":"no","refresh_token_type":"no",`, 1),
		"empty ones before":              strings.Replace(object, "{", `{"access_token":"","refresh_token":"",`, 1),
		"empty ones behind":              strings.Replace(object, "}", `,"refresh_token":null,"refresh_token":""}`, 1),
		"a byte order mark, and another": "\ufeff\ufeff" + object,
	} {
		a, err := answer(body).token(ErrSpent)
		if err != nil || a.Access.Reveal() != "a.b/c=" || a.Refresh.Reveal() != "AQIDBAUnew/=" {
			t.Errorf("%s: got %q and %q, %v", name, a.Access.Reveal(), a.Refresh.Reveal(), err)
		}
	}
}

// A front may change the status of an answer; the tokens in it are the domain's all the same.
func TestTokensCountWhateverTheStatus(t *testing.T) {
	for _, status := range []int{200, 201, 202, 203, 206, 226, 299, 302, 304, 307, 400, 401, 404, 408, 429, 500, 502, 503, 599, 999} {
		r := answer(good)
		r.Status = status
		if a, err := r.token(ErrSpent); err != nil || a.Refresh.Reveal() != "AQIDBAUnew=" {
			t.Errorf("%d: got %v, %v", status, a, err)
		}
		if status/100 == 2 {
			continue
		}
		// One of the two isn't an answer, nor is an error beside them.
		for _, body := range []string{
			`{"access_token":"a"}`, `{"refresh_token":"new"}`, `{"access_token":"a","refresh_token":"new","error":"server_error"}`,
		} {
			r := answer(body)
			r.Status = status
			if a, err := r.token(ErrSpent); err == nil || asError(t, err).Refresh.Reveal() != "" {
				t.Errorf("%d %s: got %v, %v", status, body, a, err)
			}
		}
	}
}

// Some servers show the request in their page. What was sent is no successor.
func TestARequestThatIsShownIsNoAnswer(t *testing.T) {
	const sent = "AQIDBAUold-refresh-token="
	for _, tt := range []struct {
		status int
		body   string
		class  Class
	}{
		{200, `<pre>refresh_token: "` + sent + `"</pre>`, ErrLater},
		{200, "grant_type=refresh_token&refresh_token=AQIDBAUold-refresh-token%3D", ErrLater},
		{500, `{"request":{"access_token":"x","refresh_token":"` + sent + `"}}`, ErrLater},
		{400, `{"error":"invalid_grant","refresh_token":"` + sent + `"}`, ErrSpent},
		{302, fmt.Sprintf(`<a href="/login?refresh_token=%q">`, sent), ErrConfiguration},
	} {
		r := answer(tt.body)
		r.Status = tt.status
		r.secrets = secretsOf(map[string][]string{"grant_type": {"refresh_token"}, "refresh_token": {sent}}, http.Header{})
		a, err := r.token(ErrSpent)
		if err == nil {
			t.Errorf("%s: got %v", tt.body, a)
			continue
		}
		if e := asError(t, err); e.Class != tt.class || !e.Refresh.Empty() {
			t.Errorf("%s: got %q, refresh %q", tt.body, string(e.Class), e.Refresh.Reveal())
		}
	}
	// The same one again, beside an access token: the domain doesn't rotate.
	r := answer(`{"access_token":"a","refresh_token":"` + sent + `"}`)
	r.secrets = []string{sent}
	if a, err := r.token(ErrSpent); err != nil || a.Refresh.Reveal() != sent {
		t.Errorf("got %v, %v", a, err)
	}
}
