package newprofile

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/config"
)

// What Windows' editors put into a file stays as it is: a byte order mark, and CRLF at the end of each line.
func TestAFileOfWindowsEditorsIsEdited(t *testing.T) {
	const plain = `[profiles.work]
domain = "https://d.example.com"
client_id = "c"
login = "device"
scope = "openid"
targets = [
  "https://git.example.com", # mine
]
`
	crlf := strings.ReplaceAll(plain, "\n", "\r\n")
	for name, before := range map[string]string{
		"LF": plain, "mark": "\ufeff" + plain, "CRLF": crlf, "mark and CRLF": "\ufeff" + crlf,
	} {
		t.Run(name, func(t *testing.T) {
			target, err := helpers.ParseTarget("https://new.example.com")
			if err != nil {
				t.Fatal(err)
			}
			for _, tools := range [][]string{nil, {"git"}} {
				e := TargetEdit{Profile: "work", Target: target, Tools: tools}
				after, err := e.Add([]byte(before))
				if err != nil {
					t.Fatal(err)
				}
				if p := loaded(t, after, "work"); len(p.Targets) != 2 {
					t.Errorf("%d targets in\n%s", len(p.Targets), after)
				}
				same(t, before, after)
				back, err := e.Remove(after)
				if err != nil || string(back) != before {
					t.Errorf("added with tools %v and removed:\n%q, want\n%q (%v)", tools, back, before, err)
				}
			}
			p := Profile{Name: "other", Domain: "https://e.example.com", ClientID: "c", Login: "device", Scope: "openid", Targets: []Target{{URL: "https://b.example.com"}}}
			after := p.behind([]byte(before))
			loaded(t, after, "other")
			same(t, before, after)
		})
	}
}

// same reports line breaks of the other kind, and a start that isn't there any more.
func same(t *testing.T, before string, after []byte) {
	t.Helper()
	if lines, both := bytes.Count(after, []byte("\n")), bytes.Count(after, []byte("\r\n")); both != 0 && both != lines || (both != 0) != strings.Contains(before, "\r\n") {
		t.Errorf("%d of %d lines end in CRLF:\n%q", both, lines, after)
	}
	if !strings.HasPrefix(string(after), before[:20]) {
		t.Errorf("the start is gone: %q", after)
	}
}

// loaded is a profile of the text as a configuration.
func loaded(t *testing.T, text []byte, name string) *config.Profile {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := config.Load(path, "")
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	p, err := f.Profile(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
