//go:build linux

package tools

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/e2e/rig/servers"
	"github.com/credential-idcs/credential-idcs/internal/helpertest"
)

// What else a tool has for the same host comes after us, and what it has for others still counts.

// named is the row of a tool.
func named(t *testing.T, name string) tool {
	t.Helper()
	for _, c := range tools {
		if c.name == name {
			need.Tool(t, c.program)
			return c
		}
	}
	t.Fatalf("there is no tool %s", name)
	return tool{}
}

// cargo:token has an old token of the registry. Cargo asks the last of its list first, which are we; a
// registry that is no target is left to the next: login stores there, and logout takes it away.
func TestCargoAsksUsFirstAndOthersElsewhere(t *testing.T) {
	c := named(t, "cargo")
	s := set(t, false, c.packages(t), c.offers)
	c.prepare(s)
	cert, err := s.Domain.CA.Issue("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := servers.Packages(cert, s.Domain.Access, helpertest.Files{"/public/index/config.json": `{"dl":"https://127.0.0.1/dl","api":"https://127.0.0.1"}`})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = elsewhere.Close() })
	s.Tools = append(s.Tools, "CARGO_REGISTRIES_OTHER_INDEX=sparse+"+elsewhere.URL+"/public/index/")
	s.Put(".cargo/credentials.toml", "[registries.private]\ntoken = \"Bearer old\"\n")
	s.configure("cargo")
	s.Works(c.fetch...)
	if tally := s.registry.Tally(); tally.Accepted == 0 || tally.Refused > 0 {
		t.Errorf("the registry saw %+v", tally)
	}

	credentials := func() string {
		b, err := os.ReadFile(filepath.Join(s.Home, ".cargo", "credentials.toml"))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	s.Works("sh", "-c", "echo typed | cargo login --registry other")
	if now := credentials(); !strings.Contains(now, "typed") || !strings.Contains(now, "Bearer old") {
		t.Errorf("after a login elsewhere: %s", now)
	}
	s.Works("cargo", "logout", "--registry", "other")
	if now := credentials(); strings.Contains(now, "typed") {
		t.Errorf("after a logout elsewhere: %s", now)
	}
	if said, err := s.Try("sh", "-c", "echo typed | cargo login --registry private"); err == nil || strings.Contains(credentials(), "typed") {
		t.Errorf("a login at a target: %s", said)
	}
}

// ~/.netrc has an old password of the host. It stays in GOAUTH, behind us.
func TestGoTakesOursBeforeNetrc(t *testing.T) {
	c := named(t, "go")
	s := set(t, true, c.packages(t), c.offers)
	c.prepare(s)
	s.Tools = append(s.Tools, "GOPROXY=https://"+name)
	s.Put(".netrc", "machine "+name+" login ana password old\nmachine other.example.com login ana password other\n")
	if said, err := s.Try(c.fetch...); err == nil {
		t.Errorf("with netrc alone: %s", said)
	}
	s.configure("go")
	for _, expired := range []bool{false, true} {
		if expired {
			s.Expire()
		}
		s.clear(c.kept...)
		before := s.registry.Tally()
		s.Works(c.fetch...)
		if now := s.registry.Tally(); now.Accepted <= before.Accepted || now.Scheme != "Bearer" {
			t.Errorf("expired %t: the registry saw %+v, then %+v", expired, before, now)
		}
	}
	if v := s.Works("go", "env", "GOAUTH"); !strings.Contains(v, "netrc") {
		t.Errorf("netrc is gone: %s", v)
	}
}

// A real keyring is on PATH: the note's line gives pip ours, and everybody else keeps the real one.
func TestPipBesideARealKeyring(t *testing.T) {
	c := named(t, "pip")
	need.Tool(t, "pip")
	s := set(t, false, c.packages(t), c.offers)
	c.prepare(s)
	theirs := s.Put("bin/keyring", "#!/bin/sh\necho asked >>\"$HOME/asked\"\nexit 1\n")
	if err := os.Chmod(theirs, 0o700); err != nil {
		t.Fatal(err)
	}
	for i, v := range s.Env {
		if rest, ok := strings.CutPrefix(v, "PATH="); ok {
			s.Env[i] = "PATH=" + filepath.Dir(theirs) + ":" + rest
		}
	}
	said := s.Works("credential-idcs", "configure", "pip")
	_, alias, ok := strings.Cut(said, "\n\talias pip=")
	if !ok || !strings.Contains(said, theirs+" comes first") {
		t.Fatalf("configure: %s", said)
	}
	alias, _, _ = strings.Cut(alias, "\n")
	asked := func() bool { _, err := os.Stat(filepath.Join(s.Home, "asked")); return err == nil }
	s.Works("sh", "-c", "alias pip="+alias+"\npip download dep==1.0.0 --no-deps --dest out\nkeyring get x y || true")
	if _, err := os.Stat(filepath.Join(s.Home, "out", helpertest.WheelFile)); err != nil || s.registry.Tally().Accepted == 0 {
		t.Errorf("%v, the registry saw %+v", err, s.registry.Tally())
	}
	if !asked() {
		t.Error("the real keyring is hidden from others")
	}
	if b, err := os.ReadFile(filepath.Join(s.Home, "asked")); err != nil || strings.Count(string(b), "\n") != 1 {
		t.Errorf("the real keyring was asked by pip: %q", b)
	}
}
