package keyring

import (
	"net/url"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/helpertest"
)

func TestTranscripts(t *testing.T) { helpertest.Transcripts(t, Helper) }

func do(t *testing.T, token string, args ...string) (helpertest.Result, *helpertest.Source) {
	t.Helper()
	source, err := helpertest.Parse("https://git.example.com user=ana")
	if err != nil {
		t.Fatal(err)
	}
	source.Entries[0].Token = token
	call := helpers.Call{Args: args}
	return helpertest.Run(t.Context(), Helper, call, func() (helpers.Source, error) { return source, nil }), source
}

// An empty user name is nobody's; to a Source it would mean any.
func TestEmptyUser(t *testing.T) {
	for _, args := range [][]string{{"get", "git.example.com", ""}, {"get", "git.example.com", "", "--mode", "creds"}} {
		if got, source := do(t, "TOKEN", args...); got != (helpertest.Result{Exit: 1}) || len(source.Queries) != 0 {
			t.Errorf("%q: got %+v", args, got)
		}
	}
}

// O1: lines are the protocol.
func TestTokenThatMustNotLeave(t *testing.T) {
	for _, args := range [][]string{{"get", "git.example.com", "ana"}, {"get", "git.example.com", "--mode", "creds"}} {
		got, _ := do(t, "a\nb", args...)
		want := helpertest.Result{Stderr: "credential-idcs: profile work: the token is refused, it has byte 0x0a at offset 1\n", Exit: 1}
		if got != want {
			t.Errorf("%q: got %+v", args, got)
		}
	}
}

// Whatever is asked: exit 0 comes with the token, and only for the target's host and its user.
func FuzzGet(f *testing.F) {
	for _, s := range [][2]string{
		{"https://git.example.com/simple/", "ana"}, {"git.example.com", "ana"}, {"git.example.com:443", "ana"}, {"git.example.com", "eve"},
		{"git.example.com", "--mode=creds"}, {"--mode", "creds"}, {"https://ana@git.example.com/", "ana"}, {"http://git.example.com/", "ana"},
		{"git.example.com.evil.example", "ana"}, {"git.example.com@evil.example", "ana"}, {"", ""}, {"://git.example.com", "ana"},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, service, user string) {
		got, _ := do(t, "TOKEN", "get", service, user)
		if got.Exit != 0 {
			if got.Exit != 1 || got.Stdout != "" {
				t.Errorf("got %+v", got)
			}
			return
		}
		if user == "ana" && got.Stdout != "TOKEN\n" || user == "--mode=creds" && got.Stdout != "ana\nTOKEN\n" || user != "ana" && user != "--mode=creds" && service != "--mode=password" && service != "--mode=creds" {
			t.Errorf("%q %q: got %+v", service, user, got)
		}
		if strings.HasPrefix(service, "--") {
			service = user
		}
		if !strings.Contains(service, "://") {
			service = "https://" + service
		}
		u, err := url.Parse(service)
		if err != nil {
			if !strings.Contains(service, "%") {
				t.Fatal(err)
			}
			return
		}
		if u.Scheme != "https" || u.User != nil || !strings.EqualFold(u.Hostname(), "git.example.com") || u.Port() != "" && u.Port() != "443" {
			t.Errorf("%q: got %+v", service, got)
		}
	})
}
