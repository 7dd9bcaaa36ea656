//go:build linux

package provider_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/provider"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

var program machine.Program

func TestMain(m *testing.M) { os.Exit(machine.Main(m, &program)) }

const (
	user   = "ana@example.com"
	secret = "pa ss:w+rd%2F/&=" // Basic needs each of these letters encoded
	bearer = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	device = "urn:ietf:params:oauth:grant-type:device_code"
)

// A scene is a provider with one client of each kind, and the files that prove them.
type scene struct {
	*testing.T
	*provider.Server
	ca  *idcstest.CA
	key *idcstest.Key

	visit func(address, code string) error // in place of Browse, for a device login
}

// The clients, by how they prove themselves.
const (
	bySecret = "app:by+secret"
	byKey    = "app-by-key"
	public   = "app-public"
)

func set(t *testing.T) *scene {
	t.Helper()
	return setClosed(t, "")
}

// setClosed is set with a sign-in page that lets nobody in, if there is a reason.
func setClosed(t *testing.T, reason string) *scene {
	t.Helper()
	ca, err := idcstest.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	key, err := idcstest.NewKey("buildkey")
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{T: t, ca: ca, key: key}
	client := func(id, method string, grants ...string) provider.Client {
		return provider.Client{
			ID: id, Method: method, Type: "native", Responses: []string{"code"},
			// The port of 127.0.0.1 may be any (RFC 8252 7.3).
			Redirects: []string{"http://127.0.0.1/callback"},
			Grants:    append(grants, "refresh_token", "authorization_code", device),
		}
	}
	secretClient := client(bySecret, "client_secret_basic", "client_credentials")
	secretClient.Secret = secret
	keyClient := client(byKey, "private_key_jwt", "client_credentials", bearer)
	keyClient.Keys = &provider.Keys{Keys: []any{provider.JWK(key.Alias, &key.Private.PublicKey)}}
	s.Server = provider.Start(t, provider.Settings{
		Clients: []provider.Client{secretClient, keyClient, client(public, "none")},
		User:    user, Closed: reason, Scope: machine.Scope, Life: 3600, CA: ca,
	})
	return s
}

// subject is whom an access token names.
func (s *scene) subject(token string) string {
	s.Helper()
	name, err := s.Subject(token)
	if err != nil {
		s.Errorf("the access token isn't the provider's: %v", err)
	}
	return name
}

// home is a person's machine with the profile work for one of the clients.
func (s *scene) home(client, login string) *machine.Machine {
	s.Helper()
	m := machine.Home(s.T, program)
	m.Write("ca.pem", string(s.ca.PEM()))
	m.Profile = machine.Profile{Domain: s.URL, CAFile: "ca.pem", Client: client, Login: login}
	switch client {
	case bySecret:
		m.Write("client.secret", secret+"\n")
		m.Profile.Proof = "secret_file = \"client.secret\"\n"
	case byKey:
		m.Write("client-key.pem", string(s.key.KeyPEM()))
		m.Profile.Proof = fmt.Sprintf("key_file = \"client-key.pem\"\nkey_id = %q\n", s.key.Alias)
	}
	switch login {
	case "assertion":
		m.Profile.Subject = user
	case "browser":
		m.Profile.Scope = "openid " + machine.Scope // for an ID token, which must carry our nonce
		m.Profile.More = fmt.Sprintf("redirect_url = \"http://127.0.0.1:%d/callback\"\n", s.freePort())
	}
	m.Configure()
	return m
}

// login runs `login` and does what the person does meanwhile, in a browser.
func (s *scene) login(m *machine.Machine, method string) machine.Result {
	s.Helper()
	call := machine.Call{Name: machine.People, Args: []string{"login", "work"}}
	switch method {
	case "browser":
		return s.inBrowser(m, call)
	case "device":
		return s.onDevice(m, call)
	}
	return m.Do(call)
}

// inBrowser logs in with a $BROWSER that hands its address to the test.
func (s *scene) inBrowser(m *machine.Machine, call machine.Call) machine.Result {
	s.Helper()
	fifo := filepath.Join(m.Home, "address")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		s.Fatal(err)
	}
	browser := filepath.Join(m.Home, "browser")
	if err := os.WriteFile(browser, []byte("#!/bin/sh\nprintf '%s\\n' \"$1\" >\"$HOME/address\"\n"), 0o700); err != nil {
		s.Fatal(err)
	}
	// Open for both, so that neither side waits for the other to open it.
	pipe, err := os.OpenFile(fifo, os.O_RDWR, 0)
	if err != nil {
		s.Fatal(err)
	}
	defer pipe.Close()
	p := m.Start(call.With("BROWSER=" + browser))
	ended := make(chan machine.Result, 1)
	go func() {
		ended <- p.Wait()
		_ = pipe.SetReadDeadline(time.Now()) // nobody will write any more
	}()
	address, err := bufio.NewReader(pipe).ReadString('\n')
	if err != nil {
		return <-ended // the caller judges how
	}
	if _, err := s.Browse(strings.TrimSuffix(address, "\n")); err != nil {
		s.Errorf("the browser: %v", err)
		p.Signal(syscall.SIGTERM)
	}
	return <-ended
}

// freePort is a port of 127.0.0.1 that nobody listens on now.
func (s *scene) freePort() int {
	s.Helper()
	port, err := idcstest.FreePort()
	if err != nil {
		s.Fatal(err)
	}
	return port
}

var (
	userCode = regexp.MustCompile(`enter the code (\S+)`)
	address  = regexp.MustCompile(`https://\S+`)
)

// onDevice logs in with a code that the person types elsewhere.
func (s *scene) onDevice(m *machine.Machine, call machine.Call) machine.Result {
	s.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		s.Fatal(err)
	}
	defer r.Close()
	call.Alter = func(c *exec.Cmd) { c.Stderr = w }
	p := m.Start(call)
	_ = w.Close() // the program's copy is the one that is left
	var said strings.Builder
	lines := bufio.NewScanner(io.TeeReader(r, &said))
	code := ""
	for lines.Scan() {
		if c := userCode.FindStringSubmatch(lines.Text()); c != nil {
			code = strings.TrimSuffix(c[1], ":")
		}
		if a := address.FindString(lines.Text()); a != "" && code != "" {
			if err := s.approve(a, code); err != nil {
				s.Errorf("the browser: %v", err)
				p.Signal(syscall.SIGTERM)
			}
			break
		}
	}
	_, _ = io.Copy(&said, r) // up to the program's end
	result := p.Wait()
	result.Stderr = said.String()
	return result
}

// approve is the person at the address of a device login.
func (s *scene) approve(address, code string) error {
	if s.visit != nil {
		return s.visit(address, code)
	}
	_, err := s.Browse(address + "?user_code=" + code)
	return err
}
