package oci

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/oci/ocitest"
)

// home is a folder like ~/.oci.
func home(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), ".oci")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// at is a machine from which Oracle's names lead to the double.
func at(t *testing.T, s *ocitest.Server) *Machine {
	t.Helper()
	proxy, err := url.Parse(s.ProxyURL())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(s.CA.PEM())
	return &Machine{
		Read:   func(file string, _ FileKind) ([]byte, error) { return os.ReadFile(file) },
		Getenv: func(string) string { return "" },
		Now:    time.Now, Rand: rand.Reader, UserAgent: "credential-idcs/test",
		Roots: roots, Proxy: func(*url.URL) (*url.URL, error) { return proxy, nil },
		Connect: 10 * time.Second,
		Log:     func(msg string, args ...any) { t.Log(append([]any{msg}, args...)...) },
	}
}

// environment makes variables of pairs.
func environment(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

// sessionFile is a double with a session in a folder of its own.
func sessionFile(t *testing.T, s *ocitest.Server) (ocitest.Home, SessionFile) {
	t.Helper()
	h, err := s.WriteSession(home(t), "work")
	if err != nil {
		t.Fatal(err)
	}
	return h, SessionFile{File: h.ConfigFile, Profile: "work"}
}

// must is a session, or the end of the test.
func must(t *testing.T, p Principal, m *Machine) Session {
	t.Helper()
	s, err := p.Session(context.Background(), m)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// strs prints values in all ways that show what is inside.
func strs(values []any) []string {
	var out []string
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
			out = append(out, fmt.Sprintf(verb, v))
		}
	}
	return out
}
