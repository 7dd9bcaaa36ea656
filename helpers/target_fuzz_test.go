package helpers

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// T7: what is accepted, net/url reads as the same place; the normal form reads back as itself; and
// all parsers agree about an origin.
func FuzzTarget(f *testing.F) {
	for host := range hosts {
		f.Add("https://" + host)
		f.Add("https://" + host + "/team/a.git")
	}
	for _, s := range []string{"http://a", "https://a//", "https://a/..", "https://a/%2e", "https://a/?b", "https://a/#b", "https://a/ü"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		target, err := ParseTarget(s)
		if err != nil {
			checkWords(t, s, err)
			if !target.IsZero() {
				t.Errorf("%q: an error and %v", s, target)
			}
			return
		}
		normal := target.String()
		if again, err := ParseTarget(normal); err != nil || again != target || again.String() != normal {
			t.Errorf("%q: %q isn't its own normal form: %v", s, normal, err)
		}
		u, err := url.Parse(s)
		if err != nil {
			t.Fatalf("net/url refuses %q: %v", s, err)
		}
		if got := place(t, u.Hostname(), u.Port()); u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || got != place(t, unport(target)...) {
			t.Errorf("%q: net/url reads %s, we %s", s, got, target)
		}
		if strings.TrimSuffix(u.Path, "/") != target.Path() {
			t.Errorf("%q: net/url reads path %q, we %q", s, u.Path, target.Path())
		}
		if in, err := ParseURL(s); err != nil || in != target || !target.Covers(in) {
			t.Errorf("%q: ParseURL: %v, %v", s, in, err)
		}
		if in, err := ParseRequest(s); err != nil || in != target {
			t.Errorf("%q: ParseRequest: %v, %v", s, in, err)
		}
		authority, path, _ := strings.Cut(strings.TrimPrefix(s, "https://"), "/")
		if in, err := ParseGit("https", authority, path); err != nil || in != target {
			t.Errorf("%q: ParseGit: %v, %v", s, in, err)
		}
		if in, err := ParseServer(s); err != nil || !in.SameOrigin(target) || in.Path() != "" {
			t.Errorf("%q: ParseServer: %v, %v", s, in, err)
		}
	})
}

// unport is the host without brackets, and the port.
func unport(target Target) []string {
	return []string{strings.Trim(target.host, "[]"), strconv.Itoa(int(target.port))}
}
