package helpers

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// hosts are the spellings of testdata/hosts.txt and their normal forms; empty: refused. T2, T3, the table
// of protocols.md 1.3, security.md S20 to S25.
var hosts = readHosts()

func readHosts() map[string]string {
	b, err := os.ReadFile("testdata/hosts.txt")
	if err != nil {
		panic(err)
	}
	m := make(map[string]string)
	for line := range strings.Lines(string(b)) {
		if line[0] == '#' {
			continue
		}
		fields := strings.Split(strings.TrimSpace(line), "\t")
		spelling, err := strconv.Unquote(fields[0])
		if _, twice := m[spelling]; err != nil || twice || len(fields) < 2 {
			panic(line)
		}
		m[spelling] = strings.TrimSuffix(fields[1], "refused")
	}
	return m
}

// T2, T3.
func TestHosts(t *testing.T) {
	for in, want := range hosts {
		for name, parse := range map[string]func(string) (Target, error){
			"ParseTarget":         func(s string) (Target, error) { return ParseTarget("https://" + s) },
			"ParseTarget, /":      func(s string) (Target, error) { return ParseTarget("https://" + s + "/") },
			"ParseURL":            func(s string) (Target, error) { return ParseURL("https://" + s) },
			"ParseURL, path":      func(s string) (Target, error) { return ParseURL("https://" + s + "/") },
			"ParseRequest":        func(s string) (Target, error) { return ParseRequest("https://" + s) },
			"ParseRequest, query": func(s string) (Target, error) { return ParseRequest("https://" + s + "/?a=b") },
			"ParseGit":            func(s string) (Target, error) { return ParseGit("https", s, "") },
			"ParseServer":         ParseServer,
			"https server":        func(s string) (Target, error) { return ParseServer("https://" + s) },
			"server, path":        func(s string) (Target, error) { return ParseServer(s + "/v2/") },
		} {
			target, err := parse(in)
			if got := target.HostPort(); got != want || (err == nil) != (want != "") || target.Path() != "" {
				t.Errorf("%s(%q): got %q, %v, want %q", name, in, got, err, want)
			}
			if err != nil {
				checkWords(t, in, err)
			}
		}
	}
}

// checkWords holds an error to one line of words, none of them from the input.
func checkWords(t *testing.T, in string, err error) {
	t.Helper()
	for _, r := range err.Error() {
		if r > unicode.MaxASCII || unicode.IsControl(r) {
			t.Errorf("%q: the error has %q: %v", in, r, err)
		}
	}
	if s := err.Error(); s != lower(s[:1])+s[1:] || strings.HasSuffix(s, ".") {
		t.Errorf("%q: the error isn't in our form: %v", in, err)
	}
}

// T1: what the configuration may have behind the host, and before it.
func TestParseTarget(t *testing.T) {
	for in, want := range map[string]string{
		"https://git.example.com":                  "https://git.example.com",
		"https://git.example.com/":                 "https://git.example.com",
		"https://git.example.com:443/team/":        "https://git.example.com/team",
		"https://git.example.com:8443/team/Sub.d":  "https://git.example.com:8443/team/Sub.d",
		"https://git.example.com/~ana/a;b,c=d@e:f": "https://git.example.com/~ana/a;b,c=d@e:f",
		"https://git.example.com/büro":             "https://git.example.com/büro",
		"https://git.example.com/.well-known/...":  "https://git.example.com/.well-known/...",

		"":                                 "it must begin with https://",
		"git.example.com":                  "it must begin with https://",
		"http://git.example.com":           "it must begin with https://",
		"ssh://git.example.com":            "it must begin with https://",
		"HTTPS://git.example.com":          "it must begin with https://",
		"https:/git.example.com":           "it must begin with https://",
		"https:git.example.com":            "it must begin with https://",
		" https://git.example.com":         "it must begin with https://",
		"https://":                         "there is no host",
		"https:///team":                    "there is no host",
		"https://git.example.com//":        "the path has an empty segment",
		"https://git.example.com//team":    "the path has an empty segment",
		"https://git.example.com/team//a":  "the path has an empty segment",
		"https://git.example.com/team/..":  "the path has a segment of dots",
		"https://git.example.com/./team":   "the path has a segment of dots",
		"https://git.example.com/?":        "a target has no query",
		"https://git.example.com/team?a=b": "a target has no query",
		"https://git.example.com?a=b":      "a target has no query",
		"https://git.example.com/#a":       "a target has no fragment",
		"https://git.example.com#a":        "a target has no fragment",
		"https://ana:pw@git.example.com":   "a target has no user name or password",
		"https://git.example.com/te%61m":   "% is not allowed",
		"https://git.example.com/%2e%2e/":  "% is not allowed",
		"https://git.example.com/*":        "there are no wildcards",
		"https://*.example.com":            "there are no wildcards",
		`https://git.example.com/a\b`:      `\ is not allowed`,
		"https://git.example.com/a\x1bb":   "the path has a control character",
		"https://git.example.com/a\u0085b": "the path has a control character",
		"https://git.example.com/a\u2028b": "the path has a control character",
		"https://git.example.com/a\xffb":   "the path is not UTF-8",
		"https://git.example.com/team\n":   "the path has a control character",
		"https://git.example.com:0443":     "the port begins with a zero",
		"https://git.example.com:":         "the port behind the : is missing",
		"https://git.example.com:65536":    "the port is above 65535",
		"https://git.example.com:https":    "the port is not a number",
		"https://[::1":                     "the ] of an IPv6 address is missing",
		"https://[fe80::1%25eth0]":         "% is not allowed",
		"https://https://git.example.com":  "the port behind the : is missing",
	} {
		target, err := ParseTarget(in)
		got := target.String()
		if err != nil {
			got = err.Error()
			checkWords(t, in, err)
			if !target.IsZero() {
				t.Errorf("%q: an error and %v", in, target)
			}
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// T4, T5: which input a target covers.
func TestCovers(t *testing.T) {
	type input struct{ kind, host, path string }
	for _, c := range []struct {
		target string
		input  input
		want   bool
	}{
		{"https://git.example.com", input{"git", "git.example.com", ""}, true},
		{"https://git.example.com", input{"git", "GIT.example.com:443", "any/thing"}, true},
		{"https://git.example.com", input{"git", "git.example.com", "a/../b%2f//"}, true},
		{"https://git.example.com", input{"git", "git.example.com:8443", ""}, false},
		{"https://git.example.com", input{"git", "git.example.com:80", ""}, false},
		{"https://git.example.com", input{"git", "a.git.example.com", ""}, false},
		{"https://git.example.com", input{"git", "evilgit.example.com", ""}, false},
		{"https://git.example.com", input{"git", "git.example.com.evil.example", ""}, false},
		{"https://git.example.com", input{"git", "example.com", ""}, false},
		{"https://git.example.com", input{"git", "git.example.co", ""}, false},
		{"https://git.example.com", input{"git", "git-example.com", ""}, false},
		{"https://git.example.com", input{"git", "xn--gt-7ma.example.com", ""}, false},
		{"https://[::1]:5000", input{"git", "[0:0:0:0:0:0:0:1]:5000", ""}, true},
		{"https://127.0.0.1", input{"git", "localhost", ""}, false},

		{"https://git.example.com/team", input{"git", "git.example.com", "team"}, true},
		{"https://git.example.com/team", input{"git", "git.example.com", "team/"}, true},
		{"https://git.example.com/team/", input{"git", "git.example.com", "team/a.git/info/lfs"}, true},
		{"https://git.example.com/team", input{"git", "git.example.com", ""}, false},
		{"https://git.example.com/team", input{"git", "git.example.com", "teams"}, false},
		{"https://git.example.com/team", input{"git", "git.example.com", "Team"}, false},
		{"https://git.example.com/team", input{"git", "git.example.com", "team.git"}, false},
		{"https://git.example.com/team", input{"git", "git.example.com", "/team"}, false},
		{"https://git.example.com/team", input{"git", "git.example.com", "team//"}, false},
		{"https://git.example.com/team", input{"git", "git.example.com", "team//a"}, false},
		{"https://git.example.com/team", input{"git", "git.example.com", "team/./a"}, false},
		{"https://git.example.com/team", input{"git", "git.example.com", "team/../a"}, false},
		{"https://git.example.com/team", input{"git", "git.example.com", "team/%2e%2e/a"}, false},
		{"https://git.example.com/team", input{"git", "git.example.com", "te%61m"}, false},
		{"https://git.example.com/team", input{"git", "git.example.com", `team\a`}, false},
		{"https://git.example.com/team", input{"git", "git.example.com", "team/a\x01"}, false},
		{"https://git.example.com/team", input{"git", "git.example.com", "team/\xff"}, false},
		{"https://git.example.com/team", input{"git", "git.example.com:8443", "team"}, false},

		{"https://git.example.com", input{"url", "https://git.example.com/any/", ""}, true},
		{"https://git.example.com", input{"url", "https://git.example.com/a%20b", ""}, true},
		{"https://git.example.com/a", input{"url", "https://git.example.com/a/%20b", ""}, false},
		{"https://git.example.com/a", input{"url", "https://git.example.com/a/b", ""}, true},
		{"https://git.example.com", input{"url", "https://git.example.com/..//evil", ""}, false},
		{"https://git.example.com", input{"url", "https://git.example.com/?a", ""}, false},
		{"https://git.example.com", input{"url", "https://git.example.com/#a", ""}, false},
		{"https://git.example.com", input{"url", "https://ana@git.example.com", ""}, false},
		{"https://git.example.com", input{"url", "http://git.example.com", ""}, false},
		{"https://git.example.com", input{"url", "git.example.com", ""}, false},

		{"https://git.example.com", input{"server", "git.example.com", ""}, true},
		{"https://git.example.com", input{"server", "https://GIT.example.com:443/v1/", ""}, true},
		{"https://git.example.com", input{"server", "git.example.com/team/app", ""}, true},
		{"https://git.example.com", input{"server", "git.example.com/..//evil", ""}, false},
		{"https://git.example.com", input{"server", "git.example.com/%2e", ""}, false},
		{"https://git.example.com", input{"server", "http://git.example.com", ""}, false},
		{"https://git.example.com/team", input{"server", "git.example.com/team", ""}, false},
	} {
		target, err := ParseTarget(c.target)
		if err != nil {
			t.Fatal(err)
		}
		var in Target
		switch c.input.kind {
		case "git":
			in, _ = ParseGit("https", c.input.host, c.input.path)
		case "url":
			in, _ = ParseURL(c.input.host)
		case "server":
			in, _ = ParseServer(c.input.host)
		}
		if got := target.Covers(in); got != c.want {
			t.Errorf("%s, %q: got %v, want %v", c.target, c.input, got, c.want)
		}
	}
	for _, protocol := range []string{"", "http", "HTTPS", "ssh", "https "} {
		if in, err := ParseGit(protocol, "git.example.com", ""); err == nil {
			t.Errorf("protocol %q: got %v", protocol, in)
		}
	}
	var zero Target
	if zero.Covers(zero) || zero.String() != "" || zero.HostPort() != "" {
		t.Error("the zero Target is a place")
	}
}

// T6: of the targets that cover one input, the one with the longest path.
func TestNarrower(t *testing.T) {
	in, err := ParseGit("https", "git.example.com", "a/b/c.git")
	if err != nil {
		t.Fatal(err)
	}
	var best Target
	for _, s := range []string{"https://git.example.com/a", "https://git.example.com", "https://git.example.com/a/b", "https://git.example.com/a/bb"} {
		target, err := ParseTarget(s)
		if err != nil {
			t.Fatal(err)
		}
		if target.Covers(in) && (best.IsZero() || target.Narrower(best)) {
			best = target
		}
	}
	if got, want := best.String(), "https://git.example.com/a/b"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
