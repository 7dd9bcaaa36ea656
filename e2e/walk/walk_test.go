//go:build linux

package walk

import (
	"bufio"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/e2e/rig/provider"
	"github.com/credential-idcs/credential-idcs/e2e/rig/servers"
)

// What is in the set-ups of docs, and is therefore what the servers are.
const (
	domainHost   = "idcs-00112233445566778899aabbccddeeff.identity.oraclecloud.com"
	clientID     = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
	gitHost      = "git.example.com"
	gitURL       = "https://" + gitHost
	registryHost = "registry.example.com"
	clusterHost  = "k8s.example.com"
	everyScope   = "urn:opc:idm:__myscopes__"
	redirect     = "http://127.0.0.1:8976/callback"
	bearerGrant  = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	deviceGrant  = "urn:ietf:params:oauth:grant-type:device_code"
)

// open opens the land's domain, with one application, and its servers.
func (l *land) open(user, scope string, application provider.Client) *provider.Server {
	l.Helper()
	application.ID, application.Type = clientID, "native"
	application.Redirects, application.Responses = []string{redirect}, []string{"code"}
	application.Grants = append(application.Grants, "authorization_code", "refresh_token")
	domain := provider.Start(l.T, provider.Settings{
		Clients: []provider.Client{application}, User: user, Scope: scope, Life: 3600, CA: l.ca, Host: domainHost,
	})
	l.serve(0, "443", strings.TrimPrefix(domain.URL, "https://"))
	cert, err := l.ca.Issue(gitHost, registryHost, clusterHost)
	l.must(err)
	for i, s := range []struct {
		port  string
		start func() (*servers.Server, error)
	}{
		{"443", func() (*servers.Server, error) {
			return servers.Git(l.Context(), cert, domain.Subject, l.TempDir())
		}},
		{"5000", func() (*servers.Server, error) { return servers.Registry(cert, domain.Subject) }},
		{"6443", func() (*servers.Server, error) { return servers.API(cert, domain.Subject) }},
	} {
		server, err := s.start()
		l.must(err)
		l.Cleanup(func() { _ = server.Close() })
		l.serve(i+1, s.port, server.Host)
	}
	return domain
}

// theLand is the one of docs.
func theLand(t *testing.T) *land {
	t.Helper()
	for _, tool := range []string{"git", "docker", "kubectl", "openssl"} {
		need.Tool(t, tool)
	}
	return newLand(t, domainHost, gitHost, registryHost, clusterHost)
}

// The README's quick start: from nothing to git, docker and kubectl, with what an administrator gives to a
// person.
func TestQuickStart(t *testing.T) {
	if !ownMachine(t) {
		return
	}
	l := theLand(t)
	domain := l.open("ana@example.com", everyScope, provider.Client{Method: "none"})
	browser, seen := provider.Visitor{Until: "Go back to the terminal", Width: 1024, Height: 700}.Command(t)
	l.install()
	l.cluster()
	// A terminal of its own, into which the answers are typed.
	commands := filepath.Join(l.sources, "commands")
	l.must(os.WriteFile(commands, []byte(page(t, "README.md", "## Quick start").block(t, "")), 0o600))
	typed := l.shell("cd "+l.sources+"; timeout 180 "+need.Tool(t, "script")+" --quiet --return --command 'bash -e commands' /dev/null", "BROWSER="+strings.Join(browser, " "))
	typed.Stdin = strings.NewReader(strings.Join([]string{
		"", domainHost, clientID, "browser", "none", "", "", gitHost, "", registryHost + ":5000", "", clusterHost + ":6443", "", "", "",
	}, "\n"))
	out, err := typed.CombinedOutput()
	for _, words := range []string{"refs/heads/main", `"schemaVersion": 2`, `"gitVersion"`} {
		if err != nil || !strings.Contains(string(out), words) {
			t.Fatalf("%v, want %q in\n%s", err, words, out)
		}
	}
	if !regexp.MustCompile(`(?m)^work +\S+ +\S*fresh\b`).Match(out) {
		t.Errorf("no login in\n%s", out)
	}
	if saw := seen(); saw.Title != "You are logged in" {
		t.Errorf("the browser shows\n%s", saw.Text)
	}
	if tally := domain.Tally(); tally.Granted["authorization_code"] != 1 || len(tally.Granted) != 1 || len(tally.Refused) > 2 { // init's and doctor's made-up tokens
		t.Errorf("the domain granted %v and refused %v", tally.Granted, tally.Refused)
	}
}

// cluster is what whoever runs the cluster gives to everybody.
func (l *land) cluster() {
	l.Helper()
	l.run("kubectl config set-cluster work --server=https://k8s.example.com:6443\nkubectl config set-context work --cluster=work", "created")
}

// A laptop: a person, a browser, git, docker and kubectl.
func TestALaptop(t *testing.T) {
	if !ownMachine(t) {
		return
	}
	l := theLand(t)
	domain := l.open("ana@example.com", everyScope, provider.Client{Method: "none"})
	l.install()
	setUp := page(t, "docs/setup.md", "## A laptop")
	l.configure(setUp.block(t, "toml"))

	browser, seen := provider.Visitor{Until: "Go back to the terminal", Width: 1024, Height: 700}.Command(t)
	out := l.run(setUp.block(t, ""), "logged in", "BROWSER="+strings.Join(browser, " "))
	if saw := seen(); saw.Title != "You are logged in" || saw.URL != redirect {
		t.Errorf("the browser is at %s: %s", saw.URL, saw.Text)
	}
	if !regexp.MustCompile(`(?m)^work +ana@example\.com +fresh `).MatchString(out) {
		t.Errorf("the status is\n%s", out)
	}

	git := page(t, "docs/git.md", "# git")
	l.run(git.block(t, ""), "Cloning into 'app'")
	want, wrote := git.block(t, "ini"), strings.ReplaceAll(l.read(".gitconfig"), " \n", "\n") // git's "helper = "
	if !strings.Contains(wrote, want) || strings.Count(wrote, "/git-credential-idcs") != 3 {
		t.Errorf("the page shows\n%s\nand this was written\n%s", want, wrote)
	}

	docker := page(t, "docs/docker.md", "# docker, podman and other registry clients")
	l.run(docker.block(t, ""), `"schemaVersion": 2`)
	var shown, written struct {
		Helpers map[string]string `json:"credHelpers"`
	}
	l.must(json.Unmarshal([]byte(docker.block(t, "json")), &shown))
	l.must(json.Unmarshal([]byte(l.read(".docker/config.json")), &written))
	for host, helper := range shown.Helpers {
		if written.Helpers[host] != helper {
			t.Errorf("%s is not in %v", host, written.Helpers)
		}
	}

	kubectl := page(t, "docs/kubectl.md", "# kubectl")
	l.cluster()
	l.run(kubectl.block(t, ""), `"gitVersion"`)
	wrote = l.read(".kube/config")
	for line := range strings.Lines(kubectl.block(t, "yaml")) {
		line, _, _ = strings.Cut(line, " #")
		if line = strings.TrimRight(line, " \n"); !strings.Contains(wrote, line) {
			t.Errorf("the page shows %q, and this was written\n%s", line, wrote)
		}
	}
	if tally := domain.Tally(); tally.Granted["authorization_code"] != 1 || len(tally.Granted) != 1 || len(tally.Refused) > 0 {
		t.Errorf("the domain granted %v and refused %v", tally.Granted, tally.Refused)
	}

	// And nothing of it stays.
	out = l.run("cd "+l.sources+"\n"+page(t, "docs/install.md", "## Remove everything").block(t, ""), "removed")
	if n := domain.Tally().Revoked; n != 1 {
		t.Errorf("%d logins revoked, want one", n)
	}
	if left := l.run("grep -r -i -n idcs . || true", ""); left != "" {
		t.Errorf("these files still speak of it:\n%s\nafter\n%s", left, out)
	}
}

// CI: a key pair made as docs/setup.md says, whose certificate is imported, and nobody logs in.
func TestCIWithAKeyPair(t *testing.T) {
	if !ownMachine(t) {
		return
	}
	l := theLand(t)
	l.install()
	setUp := page(t, "docs/setup.md", "## CI with a key pair")
	commands := setUp.blocks("")
	if len(commands) != 2 {
		t.Fatalf("%d blocks of commands, want those that make the key and those that use it", len(commands))
	}
	l.run(commands[0], "")
	der := l.read(".config/credential-idcs/client-cert.der") // what the administrator gets
	certificate, err := x509.ParseCertificate([]byte(der))
	l.must(err)
	key := provider.JWK("buildkey2025", certificate.PublicKey.(*rsa.PublicKey))
	domain := l.open("build@example.com", everyScope, provider.Client{
		Method: "private_key_jwt", Grants: []string{bearerGrant}, Keys: &provider.Keys{Keys: []any{key}},
	})
	l.configure(setUp.block(t, "toml"))

	out := l.run(commands[1], "Cloning into 'app'")
	for _, words := range []string{"accepts the client", "profile ci: client-key.pem is an RSA key"} {
		if !strings.Contains(out, words) {
			t.Errorf("no %q in\n%s", words, out)
		}
	}
	l.run("credential-idcs configure docker\ndocker manifest inspect registry.example.com:5000/team/app:1", `"schemaVersion": 2`)
	if tally := domain.Tally(); tally.Granted[bearerGrant] != 1 || len(tally.Granted) != 1 || len(tally.Refused) > 0 {
		t.Errorf("the domain granted %v and refused %v", tally.Granted, tally.Refused)
	}
}

// A server without a browser: the code is typed into a browser elsewhere.
func TestAServerWithoutABrowser(t *testing.T) {
	if !ownMachine(t) {
		return
	}
	l := theLand(t)
	domain := l.open("ana@example.com", everyScope, provider.Client{Method: "none", Grants: []string{deviceGrant}})
	l.install()
	setUp := page(t, "docs/setup.md", "## A server without a browser")
	l.configure(setUp.block(t, "toml"))

	login := l.shell(setUp.block(t, ""))
	stderr, err := login.StderrPipe()
	l.must(err)
	l.must(login.Start())
	l.Cleanup(func() { _ = login.Process.Kill(); _ = login.Wait() })
	said := bufio.NewReader(stderr)
	code := l.find(said, regexp.MustCompile(`enter the code (\S+)`))
	address := l.find(said, regexp.MustCompile(`^\t(https://\S+)`))
	if !strings.HasPrefix(address, "https://"+domainHost+"/") {
		t.Errorf("the address is %s", address)
	}
	browser, seen := provider.Visitor{Code: code, Until: "Sign-in Success", Width: 1024, Height: 700}.Command(t)
	elsewhere := exec.CommandContext(t.Context(), browser[0], append(browser[1:], address)...)
	l.must(elsewhere.Start())
	if saw := seen(); !strings.Contains(saw.Text, "Sign-in Success") {
		t.Errorf("the browser shows\n%s", saw.Text)
	}
	l.must(elsewhere.Wait())
	l.find(said, regexp.MustCompile(`profile build: (logged in) as ana@example\.com, the token is good until `))
	l.must(login.Wait())

	l.run(page(t, "docs/git.md", "# git").block(t, ""), "Cloning into 'app'")
	if tally := domain.Tally(); tally.Granted[deviceGrant] != 1 || len(tally.Granted) != 1 {
		t.Errorf("the domain granted %v and refused %v", tally.Granted, tally.Refused)
	}
}

// A program's own login, whose secret a command prints: pass, here with one entry.
func TestClientCredentials(t *testing.T) {
	if !ownMachine(t) {
		return
	}
	l := theLand(t)
	l.install()
	domain := l.open("", gitURL+"/all", provider.Client{Method: "client_secret_basic", Secret: "a client secret", Grants: []string{"client_credentials"}})
	l.configure(page(t, "docs/setup.md", "## Client credentials").block(t, "toml"))
	l.must(os.WriteFile(filepath.Join(home, ".local", "bin", "pass"), []byte("#!/bin/sh\n[ \"$*\" = idcs/backup ] && echo 'a client secret'\n"), 0o700))
	l.run(page(t, "docs/git.md", "# git").block(t, ""), "Cloning into 'app'")
	if tally := domain.Tally(); tally.Granted["client_credentials"] != 1 || len(tally.Granted) != 1 || len(tally.Refused) > 0 {
		t.Errorf("the domain granted %v and refused %v", tally.Granted, tally.Refused)
	}
}
