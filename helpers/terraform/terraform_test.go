package terraform

import (
	"io"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/helpertest"
)

func TestTranscripts(t *testing.T) { helpertest.Transcripts(t, Helper) }

func do(t *testing.T, token string, stdin io.Reader, args ...string) helpertest.Result {
	t.Helper()
	source, err := helpertest.Parse("https://git.example.com")
	if err != nil {
		t.Fatal(err)
	}
	source.Entries[0].Token = token
	call := helpers.Call{Args: args, Stdin: stdin}
	return helpertest.Run(t.Context(), Helper, call, func() (helpers.Source, error) { return source, nil })
}

// P4: store reads stdin to its end, and says nothing of what it read.
func TestStoreReadsAndDrops(t *testing.T) {
	in := strings.NewReader(`{"token":"typed` + strings.Repeat("a", 100<<10) + `"}`)
	got := do(t, "TOKEN", in, "store", "git.example.com")
	if in.Len() != 0 || got.Exit != 1 || got.Stdout != "" || strings.Contains(got.Stderr, "typed") {
		t.Errorf("got %+v, %d bytes unread", got, in.Len())
	}
}

// O1, O3.
func TestTokens(t *testing.T) {
	for token, want := range map[string]string{
		strings.Repeat("a", 128<<10): `{"token":"` + strings.Repeat("a", 128<<10) + "\"}\n",
		"a\"<\\":                     `{"token":"a\"<\\"}` + "\n",
		"a\nb":                       "",
		"":                           "",
	} {
		got := do(t, token, nil, "get", "git.example.com")
		if got.Stdout != want || (got.Exit == 0) != (want != "") {
			t.Errorf("%.10q: got %.300v", token, got)
		}
	}
}

// Whatever host is named: the token is for the target's alone, and all others are {}.
func FuzzGet(f *testing.F) {
	for _, host := range []string{
		"git.example.com", "GIT.example.com:443", "git.example.com.evil.example", "git.example.com@evil.example", "git.example.com/", "git.example.com:",
		"git.example.com:0443", "git.example.com\n", " git.example.com", "https://git.example.com", "[::1]", "",
	} {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		got := do(t, "TOKEN", nil, "get", host)
		want := "{}\n"
		if h := strings.TrimSuffix(asciiLower(host), ":443"); h == "git.example.com" {
			want = `{"token":"TOKEN"}` + "\n"
		}
		if got.Stdout != want || got.Exit != 0 || got.Stderr != "" {
			t.Errorf("%q: got %+v", host, got)
		}
	})
}

func asciiLower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
