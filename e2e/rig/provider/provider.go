// Package provider runs a certified OpenID provider where an identity domain would be, for tests.
//
// idcstest is our own idea of a domain; this is somebody else's of OAuth. It is npm's oidc-provider on
// the domain's paths with the domain's issuer, `https://identity.oraclecloud.com/`, and tokens as
// IDCS's: JWT access tokens, refresh tokens that are rotated, and a grant that dies when one of them
// is presented twice. Each client has one way to prove itself. server.mjs says the rest.
//
// `npm ci` of package-lock.json has to have run, here or, as .ci/run does, in the cache folder.
package provider

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

//go:embed server.mjs
var script []byte

//go:embed package-lock.json
var lock []byte

// A Client is an application's metadata (RFC 7591 2), as far as tests set it.
type Client struct {
	ID        string   `json:"client_id"`
	Secret    string   `json:"client_secret,omitempty"`
	Method    string   `json:"token_endpoint_auth_method"` // client_secret_basic, private_key_jwt, none
	Type      string   `json:"application_type"`           // native: may be sent back to 127.0.0.1
	Grants    []string `json:"grant_types"`
	Redirects []string `json:"redirect_uris"`
	Responses []string `json:"response_types"`
	Keys      *Keys    `json:"jwks,omitempty"`
}

// Keys is a JWK set (RFC 7517 5).
type Keys struct {
	Keys []any `json:"keys"`
}

// Settings is what the provider starts with.
type Settings struct {
	Clients []Client
	User    string       // everybody who signs in in a browser is this user
	Closed  string       // why nobody is let in; empty: everybody is
	Scope   string       // the one scope beside openid and offline_access
	Life    int          // of access tokens, in seconds
	CA      *idcstest.CA // signs the provider's certificate
	Host    string       // a name in the certificate beside 127.0.0.1; empty: none
}

// A Server is a running provider.
type Server struct {
	URL string // https://127.0.0.1:PORT
	// HTTP trusts the provider's certificate and keeps no cookies.
	HTTP *http.Client

	t testing.TB
}

// A Tally is what the provider has answered so far.
type Tally struct {
	Granted map[string]int // by grant type
	Refused map[string]int // by "GRANT ERROR: WHY"
	Revoked int            // grants that were revoked with all their tokens
}

// Start runs the provider until the test ends. Without node or its modules the test is skipped.
func Start(t testing.TB, s Settings) *Server {
	t.Helper()
	node := need.Tool(t, "node")
	folder := t.TempDir()
	// Modules are looked for beside the script that asks for them.
	if err := os.Symlink(need.Modules(t, "rig/provider", lock, "oidc-provider"), filepath.Join(folder, "node_modules")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "server.mjs"), script, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(node, "server.mjs")
	cmd.Dir = folder
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close() // which ends it
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the provider's stderr:\n%s", &complaints)
		}
	})
	if _, err := stdin.Write(append(s.encode(t), '\n')); err != nil {
		t.Fatal(err)
	}
	var ready struct{ Port int }
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &ready)
	}
	if err != nil {
		t.Fatalf("the provider doesn't start: %v", err)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.CA.Pool()}}
	t.Cleanup(transport.CloseIdleConnections)
	return &Server{
		URL:  fmt.Sprintf("https://127.0.0.1:%d", ready.Port),
		HTTP: &http.Client{Transport: transport}, t: t,
	}
}

// encode is the line that server.mjs reads.
func (s Settings) encode(t testing.TB) []byte {
	t.Helper()
	hosts := []string{"127.0.0.1"}
	if s.Host != "" {
		hosts = append(hosts, s.Host)
	}
	cert, err := s.CA.Issue(hosts...)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	var chain bytes.Buffer
	for _, c := range cert.Certificate {
		_ = pem.Encode(&chain, &pem.Block{Type: "CERTIFICATE", Bytes: c}) // a Buffer takes all
	}
	line, err := json.Marshal(map[string]any{
		"clients": s.Clients, "user": s.User, "closed": s.Closed, "scope": s.Scope, "life": s.Life,
		"cert": chain.String(),
		"key":  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})),
	})
	if err != nil {
		t.Fatal(err)
	}
	return line
}

// Tally asks what the provider has answered so far. What a client has got is counted.
func (s *Server) Tally() Tally {
	s.t.Helper()
	resp, err := s.HTTP.Get(s.URL + "/tally")
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	var tally Tally
	if err := json.Unmarshal(body, &tally); err != nil {
		s.t.Fatal(err)
	}
	return tally
}
