package config

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/internal/text"
)

// Whatever the file holds: no panic; a mistake names a line; in what is accepted every address is
// https, and the owner of every target is decided, by the target or by target and user name.
func FuzzConfiguration(f *testing.F) {
	full, err := os.ReadFile("testdata/full.toml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(full))
	f.Add(profile("a", `targets = ["https://git.example.com"]`) + profile("b", `targets = ["https://git.example.com/team"]`))
	f.Add(profile("a", `redirect_url = "http://[::1]:1/"`, `refresh_scope = ""`, "[profiles.a.client]", `secret_env = "S"`))
	f.Add("default = \"x\"\n")
	f.Add(published + "labels = { a = \"b\" }\n[publish.annotations]\n\"example.com/a\" = \"\"\n")
	f.Add("a.b.c = { d = [1, {}, 2.5, 1979-05-27], \"\" = '''\n''' }\n[[a]]")
	f.Fuzz(func(t *testing.T, doc string) {
		file, err := load(t, doc)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Line < 1 || e.Line > strings.Count(doc, "\n")+1 {
				t.Fatalf("%v names no line", err)
			}
			if s := err.Error(); strings.ContainsAny(s, "\n\r\x00\x1b") {
				t.Fatalf("%q is no line", s)
			}
			return
		}
		if _, err := file.Published(); err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Line < 1 || e.Line > strings.Count(doc, "\n")+1 || strings.ContainsAny(err.Error(), "\n\r\x00\x1b") {
				t.Fatalf("%v names no line, or is none", err)
			}
		}
		for _, p := range file.Profiles {
			if !strings.HasPrefix(p.Domain, "https://") {
				t.Fatalf("domain %q", p.Domain)
			}
			if text.Clean(p.Username) != p.Username && len(p.Username) <= text.Limit && !strings.ContainsFunc(p.Username, bidi) {
				t.Fatalf("username %q", p.Username)
			}
			for _, target := range p.Targets {
				if !strings.HasPrefix(target.String(), "https://") {
					t.Fatalf("target %q", target)
				}
				got, mine, err := file.Owner(target.Target, Query{Username: target.Username, Profile: p.Name})
				if err != nil || got != p || mine.Target != target.Target {
					t.Fatalf("target %q of %q belongs to %v, %v", target, p.Name, got, err)
				}
			}
		}
	})
}

// bidi characters and the replacement character are allowed in a user name, though a message shows
// them as `?`.
func bidi(r rune) bool {
	return r == 0xfffd || r == 0x061c || 0x200e <= r && r <= 0x200f || 0x202a <= r && r <= 0x202e || 0x2066 <= r && r <= 0x2069
}
