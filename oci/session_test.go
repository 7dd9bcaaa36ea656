package oci

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
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
		{"no profile", "[work]", "[elsewhere]", true, " has no profile work"},
		{"another fingerprint", "fingerprint=", "fingerprint=00", true, ":2: fingerprint isn't that of key_file"},
		{"no user", "user=", "# user=", true, ":1: profile work has no user"},
		{"user in DEFAULT", "user=", "[DEFAULT]\nuser=", true, ":1: profile work has no user, and nothing is inherited from [DEFAULT]"},
		{"empty user", "user=", "user=\n[other]\nuser=", true, ":6: user is empty"},
		{"no region", "region=", "#region=", true, ":1: profile work has no region"},
		{"region", "region=us-ashburn-1", "region=us-ashburn-1.evil.example", true, ":5: region must be a region such as us-ashburn-1, or its key"},
		{"twice", "region=", "region=iad\nregion=", true, ":6: region comes twice"},
		{"tenancy", "tenancy=", "tenancy=a/b/", true, ":4: tenancy is no OCID"},
		{"session, no key", "key_file=", "#key_file=", false, ":1: profile work has no key_file"},
		{"session, relative path", "key_file=", "key_file=sessions", false, ":3: key_file must be an absolute path, or begin with ~/"},
		{"session, no fingerprint", "fingerprint=", "#fingerprint=", false, ":1: profile work has no fingerprint"},
		{"session, no tenancy", "tenancy=", "#tenancy=", false, ":1: profile work has no tenancy"},
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
	if f, ok := errors.AsType[*FileError](err); !ok || f.Named != h.KeyFile {
		t.Errorf("%#v doesn't name the key's file", err)
	}
}

// A key of another kind is said to be one, in words that are true of Oracle's services.
func TestKeyThatIsNotRSAIsRefused(t *testing.T) {
	s := ocitest.Start(t, ocitest.Options{})
	h, p := sessionFile(t, s)
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(h.KeyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = p.Session(context.Background(), at(t, s))
	if want := h.ConfigFile + ":3: key_file holds a private key that isn't RSA"; said(err) != want {
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
	if err := os.Remove(h.KeyFile); err != nil {
		t.Fatal(err)
	}
	if _, err = p.Session(context.Background(), m); !errors.As(err, &over) || over.Missing != "key_file" {
		t.Errorf("no key file: %v", err)
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
	key, err := os.ReadFile(h.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	for name, torn := range map[string]func() error{
		"another's token": func() error { return s.WriteToken(h, other.Session) },
		"no token yet":    func() error { return s.WriteToken(h, "") },
		"a token quoted":  func() error { return s.WriteToken(h, `"`+h.Session+`"`) },
		"a key ID":        func() error { return s.WriteToken(h, "ST$"+h.Session) },
		"half a token":    func() error { return os.WriteFile(h.TokenFile, []byte(h.Session[:40]), 0o600) },
		"no key yet":      func() error { return os.WriteFile(h.KeyFile, nil, 0o600) },
		"half a key":      func() error { return os.WriteFile(h.KeyFile, key[:len(key)/2], 0o600) },
	} {
		if err := torn(); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Session(context.Background(), m); err == nil {
			t.Errorf("%s makes a session", name)
		}
		again := *m
		read := map[string]int{}
		again.Read = func(file string, kind FileKind) ([]byte, error) {
			if read[file]++; read[h.ConfigFile] == 2 {
				if err := errors.Join(s.WriteToken(h, h.Session), os.WriteFile(h.KeyFile, key, 0o600)); err != nil {
					t.Error(err)
				}
			}
			return m.Read(file, kind)
		}
		if _, err := p.Session(context.Background(), &again); err != nil || read[h.ConfigFile] != 2 {
			t.Errorf("%s: %v after %d looks", name, err, read[h.ConfigFile])
		}
	}
}
