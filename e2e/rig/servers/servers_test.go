package servers_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/e2e/rig/servers"
)

const good = "good-token"

// only accepts one token and says whose it is.
func only(token string) (string, error) {
	if token != good {
		return "", errors.New("unknown")
	}
	return "ana", nil
}

// authority returns a certificate for 127.0.0.1 and the file of its authority.
func authority(t *testing.T) (cert tls.Certificate, file string) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	s.Close()
	file = filepath.Join(t.TempDir(), "ca.pem")
	block := &pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}
	if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	return s.TLS.Certificates[0], file
}

// closing ends a server with the test.
func closing(t *testing.T, s *servers.Server, err error) *servers.Server {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// run runs a program in folder with nothing of this machine's configuration.
func run(t *testing.T, folder string, env []string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Dir = folder
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + folder,
		"GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com",
		"GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com",
	}, env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func must(t *testing.T, folder string, env []string, args ...string) string {
	t.Helper()
	out, err := run(t, folder, env, args...)
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// A clone, a fetch and a push, one small and one that git sends in chunks, with the token as the
// password of Basic; and nothing at all without it.
func TestGitServesThoseWithAToken(t *testing.T) {
	need.Tool(t, "git")
	cert, ca := authority(t)
	s, err := servers.Git(context.Background(), cert, only, t.TempDir())
	s = closing(t, s, err)
	work := t.TempDir()
	env := []string{"GIT_SSL_CAINFO=" + ca}

	for _, helper := range []string{"", "!echo username=ana; echo password=bad;:"} {
		if out, err := run(t, work, env, "git", "-c", "credential.helper="+helper, "clone", s.URL+servers.Repository); err == nil {
			t.Fatalf("a clone with helper %q went through:\n%s", helper, out)
		}
	}
	if got := s.Tally(); got.Accepted != 0 || got.Anonymous == 0 || got.Refused == 0 {
		t.Fatalf("before the token: %+v", got)
	}

	with := []string{"git", "-c", "credential.helper=!echo username=ana; echo password=" + good + ";:"}
	git := func(folder string, args ...string) string {
		return must(t, folder, env, append(with, args...)...)
	}
	git(work, "clone", "--quiet", s.URL+servers.Repository, "one")
	git(work, "clone", "--quiet", s.URL+servers.Repository, "two")
	one, two := filepath.Join(work, "one"), filepath.Join(work, "two")
	big := make([]byte, 3<<20) // above http.postBuffer, which is 1 MiB
	_, _ = rand.Read(big)
	for name, content := range map[string][]byte{"small": []byte("small"), "big": big} {
		if err := os.WriteFile(filepath.Join(one, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
		git(one, "add", name)
		git(one, "commit", "--quiet", "-m", name)
		git(one, "push", "--quiet", "origin", "main")
	}
	git(two, "pull", "--quiet")
	got, err := os.ReadFile(filepath.Join(two, "big"))
	if err != nil || !bytes.Equal(got, big) {
		t.Fatalf("what was pushed did not come back: %v", err)
	}
	if got := s.Tally(); got.User != "ana" || got.Scheme != "Basic" {
		t.Errorf("last accepted: %+v", got)
	}
}

// A scheme that isn't offered is not taken: a token sent as Bearer opens a git server that offers
// both, not one that offers Basic alone.
func TestAServerTakesOnlyWhatItOffers(t *testing.T) {
	need.Tool(t, "git")
	cert, ca := authority(t)
	env := []string{"GIT_SSL_CAINFO=" + ca}
	for _, c := range []struct {
		offers []string
		opens  bool
	}{{nil, true}, {[]string{"Bearer"}, true}, {[]string{"Basic"}, false}} {
		s, err := servers.Git(context.Background(), cert, only, t.TempDir(), c.offers...)
		s = closing(t, s, err)
		out, err := run(t, t.TempDir(), env, "git", "-c", "http.extraHeader=Authorization: Bearer "+good,
			"-c", "credential.helper=", "ls-remote", s.URL+servers.Repository)
		if (err == nil) != c.opens {
			t.Errorf("offers %v: opened %v, want %v\n%s", c.offers, err == nil, c.opens, out)
		}
	}
}

func TestRegistryServesThoseWithAToken(t *testing.T) {
	need.Tool(t, "docker")
	cert, _ := authority(t)
	s, err := servers.Registry(cert, only)
	s = closing(t, s, err)
	folder := t.TempDir()
	env := []string{"DOCKER_CONFIG=" + folder, "DOCKER_HOST=unix://" + folder + "/no-engine"}
	inspect := []string{"docker", "manifest", "inspect", s.Host + "/" + servers.Image}

	if out, err := run(t, folder, env, inspect...); err == nil {
		t.Fatalf("inspected without a token:\n%s", out)
	}
	must(t, folder, env, "sh", "-c", "echo "+good+" | docker login -u ana --password-stdin "+s.Host)
	if out := must(t, folder, env, inspect...); !strings.Contains(out, `"schemaVersion"`) {
		t.Errorf("the manifest:\n%s", out)
	}
	if got := s.Tally(); got.Accepted == 0 || got.Anonymous == 0 || got.Scheme != "Basic" {
		t.Errorf("%+v", got)
	}
}

// With an engine, `docker login` and `docker pull`: the engine takes the pair from the command line
// to the registry, and unpacks the image.
func TestEnginePullsWithAToken(t *testing.T) {
	need.Tool(t, "docker")
	need.Tool(t, "dockerd")
	if os.Geteuid() != 0 {
		t.Skip("dockerd needs root")
	}
	engine, err := servers.StartEngine(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	cert, _ := authority(t)
	s, err := servers.Registry(cert, only)
	s = closing(t, s, err)
	folder := t.TempDir()
	env := []string{"DOCKER_CONFIG=" + folder, "DOCKER_HOST=" + engine.Host}
	pull := []string{"docker", "pull", s.Host + "/" + servers.Image}

	if out, err := run(t, folder, env, pull...); err == nil {
		t.Fatalf("pulled without a token:\n%s", out)
	}
	must(t, folder, env, "sh", "-c", "echo "+good+" | docker login -u ana --password-stdin "+s.Host)
	if out := must(t, folder, env, pull...); !strings.Contains(out, "Downloaded newer image") {
		t.Errorf("docker pull:\n%s", out)
	}
}

func TestAPIServesThoseWithAToken(t *testing.T) {
	need.Tool(t, "kubectl")
	cert, ca := authority(t)
	s, err := servers.API(cert, only)
	s = closing(t, s, err)
	folder := t.TempDir()
	env := []string{"KUBECONFIG=" + os.DevNull}
	get := func(token string) []string {
		return []string{"kubectl", "--server", s.URL, "--certificate-authority", ca, "--token", token,
			"get", "--raw", servers.WhoAmI}
	}
	if out, err := run(t, folder, env, get("bad")...); err == nil {
		t.Fatalf("answered a bad token:\n%s", out)
	}
	if out := must(t, folder, env, get(good)...); strings.TrimSpace(out) != `{"user":"ana"}` {
		t.Errorf("got %q", out)
	}
}
