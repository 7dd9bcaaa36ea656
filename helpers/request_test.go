package helpers

import (
	"net/url"
	"strings"
	"testing"
)

// S4: What follows the path of a request says nothing of its place, but must not hide one either.
func TestParseRequest(t *testing.T) {
	for s, want := range map[string]string{
		"https://git.example.com/team/a?go-get=1":    "https://git.example.com/team/a",
		"https://git.example.com/team/a/?":           "https://git.example.com/team/a",
		"https://git.example.com/?u=https://evil@b/": "https://git.example.com",
		"https://git.example.com/a%2fb?c=%2e":        "https://git.example.com",
		"https://git.example.com:443/x/@v/list":      "https://git.example.com/x/@v/list",
		"https://git.example.com?a":                  "",
		"https://git.example.com?@evil.example/":     "",
		"https://evil.example/..//git.example.com?a": "",
		"https://git.example.com/a#b":                "",
		"https://git.example.com/a?b#c":              "",
		"https://git.example.com/a?b c":              "",
		"https://git.example.com/a?b\nc":             "",
		"https://git.example.com/a?b\\c":             "",
		"https://git.example.com/a?b\x7f":            "",
		"https://git.example.com/a?ü":                "",
		"https://ana:pw@git.example.com/a":           "",
		"http://git.example.com/a":                   "",
		"HTTPS://git.example.com/a":                  "",
		"git.example.com/a":                          "",
		"":                                           "",
	} {
		got, err := ParseRequest(s)
		if got.String() != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", s, got, err, want)
		}
	}
}

// What is accepted, net/url reads as the same host, and with the same path or one that had an escape.
func FuzzParseRequest(f *testing.F) {
	for _, s := range []string{"https://a/b?c", "https://a?b", "https://a/?b?c/d", "https://a:443/%2e?@c", "https://a/b#c", "https://a@b/?c", "https://a/?\\"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		target, err := ParseRequest(s)
		if err != nil {
			return
		}
		u, err := url.Parse(s)
		if err != nil {
			if strings.Contains(s, "%") {
				return // a path that net/url can't unescape; no client gets here with it
			}
			t.Fatalf("net/url refuses %q: %v", s, err)
		}
		if got := place(t, u.Hostname(), u.Port()); u.Scheme != "https" || u.User != nil || u.Fragment != "" || got != place(t, unport(target)...) {
			t.Errorf("%q: net/url reads %s, we %s", s, got, target)
		}
		if target.Path() != "" && strings.TrimSuffix(u.Path, "/") != target.Path() {
			t.Errorf("%q: net/url reads path %q, we %q", s, u.Path, target.Path())
		}
	})
}

// A key is what it is to the byte.
func TestObject(t *testing.T) {
	for in, want := range map[string]string{
		`{"uri":"a"}`:                     "a",
		` {"uri":"a","URI":"b"} `:         "a",
		`{"URI":"b"}`:                     "",
		`{"uri":1}`:                       "",
		`{"uri":null}`:                    "",
		`{"uri":["a"]}`:                   "",
		`{"other":{"uri":"b"},"uri":"a"}`: "a",
	} {
		o, ok := ParseObject([]byte(in))
		if got := o.String("uri"); !ok || got != want {
			t.Errorf("%s: got %q, %v, want %q", in, got, ok, want)
		}
	}
	for _, in := range []string{"", "null", "1", `"a"`, "[]", "{", `{"uri":"a"}{}`, `{"uri":"a"} x`, "{'uri':'a'}"} {
		if o, ok := ParseObject([]byte(in)); ok {
			t.Errorf("%s: got %v", in, o)
		}
	}
	o, _ := ParseObject([]byte(`{"a":{"b":"c"},"d":[]}`))
	if got := o.Object("a").String("b"); got != "c" || o.Object("d") != nil || o.Object("x").String("y") != "" {
		t.Errorf("got %q", got)
	}
}
