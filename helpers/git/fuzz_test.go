package git

import (
	"bytes"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// security.md section 3: the output is empty or a credential for a host of the input by git's own
// reading; no input line is repeated; no control character is in a value.
func FuzzGet(f *testing.F) {
	for _, s := range []string{
		request1, request1 + "\n", "protocol=https\r\nhost=GIT.EXAMPLE.COM:443\r\n\r\n",
		"capability[]=authtype\n" + request1 + "wwwauth[]=Bearer\n\n",
		request1 + "username=ana\npath=team/a.git\n", request1 + "username=eve\n",
		request1 + "host=evil.example\n", "host=git.example.com\n", "protocol=http\nhost=git.example.com\n",
		request1 + "url=https://evil.example\n", request1 + "a\rb=c\n", request1 + "a\x00b=c\n",
		"protocol=https\nhost=git.example.com@evil.example\n", "protocol=https\nhost=git.example.com%0a\n",
		request1 + "nonsense\n", request1 + "=\n", "\n" + request1, request1 + "path=%0d\n",
		"protocol=https\nhost=git.example.com\rhost=evil.example\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		const token = "TOKEN-0123456789"
		got, _ := get(t, "https://git.example.com user=ana token="+token, bytes.NewReader(in))
		if got.Stdout == "" {
			return
		}
		seen := gitReads(in)
		host := strings.TrimSuffix(strings.ToLower(seen["host"]), ":443")
		if seen["protocol"] != "https" || host != "git.example.com" {
			t.Fatalf("git asks for %q, got %q", seen, got.Stdout)
		}
		if u := seen["username"]; u != "" && u != "ana" {
			t.Errorf("git insists on user %q, got %q", u, got.Stdout)
		}
		said := make(map[string]bool)
		for line := range strings.Lines(string(in)) {
			said[strings.TrimRight(line, "\r\n")] = true
		}
		for line := range strings.Lines(got.Stdout) {
			line, ended := strings.CutSuffix(line, "\n")
			key, value, ok := strings.Cut(line, "=")
			if !ended || !ok || strings.IndexFunc(value, helpers.Control) >= 0 {
				t.Errorf("line %q", line)
			}
			switch key {
			case "capability[]", "ephemeral", "authtype", "password_expiry_utc", "username":
			case "password", "credential":
				if value != token {
					t.Errorf("line %q", line)
				}
				if said[line] {
					continue // the input guessed the token
				}
			case "state[]", "continue": // only git that has named the capability understands them
				if !said["capability[]=state"] || line != "continue=1" && line != "state[]="+statePrefix+secret.New(token).Fingerprint() {
					t.Errorf("line %q", line)
				}
			default:
				t.Errorf("line %q", line)
			}
		}
		for line := range said {
			if len(line) > 0 && strings.Contains(got.Stderr, line) {
				t.Errorf("stderr repeats %q", line)
			}
		}
	})
}

// gitReads is credential_read of git's credential.c, as of 2.39: the last of each key, a line
// without "=" ends it all.
func gitReads(in []byte) map[string]string {
	m := make(map[string]string)
	for line := range bytes.Lines(in) {
		s := strings.TrimSuffix(strings.TrimSuffix(string(line), "\n"), "\r")
		if s == "" {
			break
		}
		key, value, ok := strings.Cut(s, "=")
		if !ok {
			return nil
		}
		m[key] = value
	}
	return m
}
