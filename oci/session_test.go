package oci

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/oci/ocitest"
)

// What is wrong with the files of ~/.oci is said with file and line, and nothing is sent.
func TestFilesAreJudgedBeforeAnythingIsSent(t *testing.T) {
	s := ocitest.Start(t, ocitest.Options{})
	m := at(t, s)
	for _, c := range []struct {
		name, from, to string // what is replaced in the config
		apiKey         bool
		want           string // after the file's name
	}{
		{"no profile", "[work]", "[elsewhere]", true, ": there is no such profile"},
		{"another fingerprint", "fingerprint=", "fingerprint=00", true, ":2: fingerprint isn't that of key_file"},
		{"no user", "user=", "# user=", true, ":1: profile work has no user"},
		{"user in DEFAULT", "user=", "[DEFAULT]\nuser=", true, ":1: profile work has no user, and nothing is inherited from [DEFAULT]"},
		{"empty user", "user=", "user=\n[other]\nuser=", true, ":6: user is empty"},
		{"no region", "region=", "#region=", true, ":1: profile work has no region"},
		{"region", "region=us-ashburn-1", "region=us-ashburn-1.evil.example", true, ":5: region is none"},
		{"twice", "region=", "region=iad\nregion=", true, ":6: region comes twice"},
		{"tenancy", "tenancy=", "tenancy=a/b/", true, ":4: tenancy is no OCID"},
		{"session, no key", "key_file=", "#key_file=", false, ":1: profile work has no key_file"},
		{"session, key inherited", "[work]", "[DEFAULT]\nkey_file=x\n[work]\nkey_file_=", false, ""},
	} {
		dir := home(t)
		write := s.WriteSession
		if c.apiKey {
			write = s.WriteAPIKey
		}
		h, err := write(dir, "work")
		if err != nil {
			t.Fatal(err)
		}
		config, err := os.ReadFile(h.ConfigFile)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(h.ConfigFile, []byte(strings.Replace(string(config), c.from, c.to, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		var p Principal = SessionFile{File: h.ConfigFile, Profile: "work"}
		if c.apiKey {
			p = APIKey{File: h.ConfigFile, Profile: "work"}
		}
		_, err = p.Session(context.Background(), m)
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if got := strings.TrimPrefix(said(err), h.ConfigFile); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	if n := len(s.Requests()) + len(s.Tunnels()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// An encrypted key is refused by name, since nobody sits at a helper to type its password.
func TestEncryptedKeyIsRefused(t *testing.T) {
	s := ocitest.Start(t, ocitest.Options{})
	h, p := sessionFile(t, s)
	if err := os.WriteFile(h.KeyFile, []byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := p.Session(context.Background(), at(t, s))
	if want := h.ConfigFile + ":3: key_file is encrypted"; said(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// Whoever needs a new session is told which and where.
func TestSessionThatIsOverIsSaid(t *testing.T) {
	s := ocitest.Start(t, ocitest.Options{})
	m := at(t, s)
	h, p := sessionFile(t, s)
	end := time.Now().Add(-time.Minute).Truncate(time.Second)
	if err := s.WriteToken(h, s.IssueFor(ocitest.User, &h.Key.PublicKey, end.Add(-time.Hour), time.Hour)); err != nil {
		t.Fatal(err)
	}
	_, err := p.Session(context.Background(), m)
	var over *SessionError
	if !errors.As(err, &over) || !over.Ended.Equal(end) || over.Region != "us-ashburn-1" {
		t.Fatalf("got %v", err)
	}
	if want := "the OCI session work of " + h.ConfigFile + " ended at " + end.Local().Format("15:04"); err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := os.Remove(h.TokenFile); err != nil {
		t.Fatal(err)
	}
	if _, err = p.Session(context.Background(), m); !errors.As(err, &over) || over.Missing != "security_token_file" {
		t.Errorf("no token file: %v", err)
	}
	p.Profile = "nobody"
	if _, err = p.Session(context.Background(), m); !errors.As(err, &over) || over.Missing != "profile" {
		t.Errorf("no profile: %v", err)
	}
	p.File += ".none"
	if _, err = p.Session(context.Background(), m); !errors.As(err, &over) || over.Missing != "profile" {
		t.Errorf("no file: %v", err)
	}
}

// The oci CLI replaces key and token one after the other, in place: a pair that doesn't fit is read
// once more.
func TestPairIsReadOnceMore(t *testing.T) {
	s := ocitest.Start(t, ocitest.Options{})
	m := at(t, s)
	h, p := sessionFile(t, s)
	other, err := s.WriteSession(home(t), "other")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.WriteToken(h, other.Session); err != nil {
		t.Fatal(err)
	}
	_, err = p.Session(context.Background(), m)
	if want := h.ConfigFile + ":6: key_file and security_token_file don't belong together"; said(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
	reads := 0
	plain := m.Read
	m.Read = func(file string, kind FileKind) ([]byte, error) {
		b, err := plain(file, kind)
		if file == h.TokenFile {
			if reads++; reads == 1 {
				if err := s.WriteToken(h, h.Session); err != nil {
					t.Error(err)
				}
			}
		}
		return b, err
	}
	if _, err := p.Session(context.Background(), m); err != nil || reads != 2 {
		t.Errorf("%v after %d reads", err, reads)
	}
}
