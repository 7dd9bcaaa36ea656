package goauth

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/helpertest"
)

func TestTranscripts(t *testing.T) { helpertest.Transcripts(t, Helper) }

func ask(t *testing.T, targets, address string, stdin io.Reader) (helpertest.Result, *helpertest.Source) {
	t.Helper()
	source, err := helpertest.Parse(targets)
	if err != nil {
		t.Fatal(err)
	}
	call := helpers.Call{Args: []string{address}, Stdin: stdin}
	return helpertest.Run(t.Context(), Helper, call, func() (helpers.Source, error) { return source, nil }), source
}

// Only a 401 to a fresh token is a hint that it was refused.
func TestSuspect(t *testing.T) {
	const fresh, stale = "https://git.example.com", "https://git.example.com stale=yes"
	fingerprint := "f98103e9217f0992" // printf TOKEN | sha256sum
	for _, c := range []struct{ name, targets, stdin, suspect string }{
		{"401", fresh, "HTTP/1.1 401 Unauthorized\n\n", fingerprint},
		{"401 of HTTP/2", fresh, "HTTP/2.0 401 \n\n", fingerprint},
		{"401 without a fresh token", stale, "HTTP/1.1 401 Unauthorized\n\n", ""},
		{"403", fresh, "HTTP/1.1 403 Forbidden\n\n", ""},
		{"404", fresh, "HTTP/1.1 404 Not Found\n\n", ""},
		{"nothing", fresh, "", ""},
		{"no status line", fresh, "401 401 401\n\n", ""},
		{"a longer number", fresh, "HTTP/1.1 4010 x\n\n", ""},
		{"a status in a header", fresh, "HTTP/1.1 404 x\nA: HTTP/1.1 401 Unauthorized\n\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, source := ask(t, c.targets, "https://git.example.com/mod", strings.NewReader(c.stdin))
			if got.Stdout == "" || got.Exit != 0 {
				t.Fatalf("got %+v", got)
			}
			if got := source.Queries[len(source.Queries)-1]; got.Suspect != c.suspect || got.CachedOnly {
				t.Errorf("got %+v, want suspect %q", got, c.suspect)
			}
		})
	}
}

// C6: a server's headers are bounded; more is nobody's answer, and not much more is read.
func TestInputLimit(t *testing.T) {
	in := &counted{r: strings.NewReader("HTTP/1.1 401 x\n" + strings.Repeat("A: "+strings.Repeat("b", 1000)+"\n", 4000))}
	got, source := ask(t, "https://git.example.com", "https://git.example.com/mod", in)
	if got != (helpertest.Result{}) || len(source.Queries) != 0 || in.n > helpers.InputLimit+1 {
		t.Errorf("got %+v after %d bytes", got, in.n)
	}
}

type counted struct {
	r io.Reader
	n int
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += n
	return n, err
}

// O1, C2: nothing of an answer leaves before all of it may.
func TestTokenThatMustNotLeave(t *testing.T) {
	source, err := helpertest.Parse("https://git.example.com")
	if err != nil {
		t.Fatal(err)
	}
	source.Entries[0].Token = "a\n\nhttps://evil.example\n\nAuthorization: b"
	open := func() (helpers.Source, error) { return source, nil }
	got := helpertest.Run(t.Context(), Helper, helpers.Call{Args: []string{"https://git.example.com"}}, open)
	want := helpertest.Result{Stderr: "credential-idcs: profile work: the token is refused, it has byte 0x0a at offset 1\n", Exit: 1}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := helpertest.Run(t.Context(), Helper, helpers.Call{}, open); got != (helpertest.Result{}) {
		t.Errorf("without an address: got %+v", got)
	}
}

// Whatever go and the server say: the answer is empty, or by go's own reading one header for an
// address of the target's host.
func FuzzOne(f *testing.F) {
	for _, address := range []string{
		"https://git.example.com/team/mod?go-get=1", "https://git.example.com/team?go-get=1", "https://git.example.com/team/?a=b/c",
		"https://GIT.example.com:443/", "https://git.example.com.evil.example/", "https://git.example.com@evil.example/",
		"https://git.example.com/\nhttps://evil.example", "https://git.example.com/team?\n\nAuthorization: x", "http://git.example.com", "",
	} {
		f.Add(address, "HTTP/1.1 401 Unauthorized\nWww-Authenticate: Basic\n\n")
	}
	f.Add("https://git.example.com", "HTTP/1.1 401\r\nwww-authenticate:Bearer\r\n\r\n")
	f.Add("https://git.example.com", "\n\n401")
	f.Fuzz(func(t *testing.T, address, stdin string) {
		const token = "TOKEN-0123456789"
		got, _ := ask(t, "https://git.example.com/team user=ana token="+token+"\nhttps://git.example.com user=ana token="+token, address, strings.NewReader(stdin))
		if got.Exit != 0 || got.Stderr != "" {
			t.Fatalf("got %+v", got)
		}
		if got.Stdout == "" {
			return
		}
		u, err := url.Parse(address)
		if err == nil && (u.Scheme != "https" || u.User != nil || !strings.EqualFold(u.Hostname(), "git.example.com") || u.Port() != "" && u.Port() != "443") {
			t.Fatalf("an answer for %q: %q", address, got.Stdout)
		}
		credentials := goReads(t, got.Stdout)
		if len(credentials) == 0 {
			t.Fatalf("no header in %q", got.Stdout)
		}
		for prefix, header := range credentials {
			p, err := url.Parse(prefix)
			if err != nil || p.Scheme != "https" || !strings.EqualFold(p.Hostname(), "git.example.com") {
				t.Errorf("prefix %q, %v", prefix, err)
			}
			value := header.Get("Authorization")
			basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("ana:"+token))
			if len(header) != 1 || value != "Bearer "+token && value != basic {
				t.Errorf("headers %v", header)
			}
		}
	})
}

// goReads is parseUserAuth of cmd/go/internal/auth/userauth.go.
func goReads(t *testing.T, data string) map[string]http.Header {
	t.Helper()
	m := make(map[string]http.Header)
	lines := func() (l []string) {
		for {
			line, rest, ok := strings.Cut(data, "\n")
			if !ok {
				t.Fatalf("a blank line is missing before %q", data)
			}
			data = rest
			if line == "" {
				return l
			}
			l = append(l, line)
		}
	}
	for data != "" {
		prefixes, header := lines(), make(http.Header)
		for _, line := range lines() {
			name, value, ok := strings.Cut(line, ": ")
			if !ok {
				t.Fatalf("header line %q", line)
			}
			header.Add(name, strings.TrimSpace(value))
		}
		for _, p := range prefixes {
			if _, err := url.ParseRequestURI(p); err != nil {
				t.Fatal(err)
			}
			m[p] = header
		}
	}
	return m
}
