package git

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/credential-idcs/credential-idcs/internal/helpertest"
)

// The tests of this file are git's: a real one starts this test binary as its helper.

func TestMain(m *testing.M) { helpertest.Main(m, Helper) }

// A client is a git with an empty home.
type client struct {
	path, home, log string
	env             []string
}

func newClient(t *testing.T, targets string) *client {
	t.Helper()
	path, err := exec.LookPath("git")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("git is missing")
		}
		t.Skip("git is missing")
	}
	home := t.TempDir()
	c := &client{path: path, home: home, log: filepath.Join(home, "log")}
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "GIT_") && !strings.HasPrefix(e, "XDG_") && !strings.HasPrefix(e, "HOME=") {
			c.env = append(c.env, e)
		}
	}
	c.env = append(c.env, "HOME="+home, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C",
		helpertest.EnvTargets+"="+targets, helpertest.EnvLog+"="+c.log)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c.config(t, "credential.helper", exe)
	return c
}

func (c *client) config(t *testing.T, key, value string) {
	t.Helper()
	if stdout, stderr, err := c.run("", "config", "--global", "--add", key, value); err != nil {
		t.Fatalf("git config: %v\n%s%s", err, stdout, stderr)
	}
}

func (c *client) run(stdin string, args ...string) (stdout, stderr string, err error) {
	cmd := exec.Command(c.path, args...)
	cmd.Env, cmd.Dir = c.env, c.home
	var out, people bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &people
	err = cmd.Run()
	return out.String(), people.String(), err
}

func TestGitFill(t *testing.T) {
	c := newClient(t, "https://git.example.com user=ana expiry=4102444800\nhttps://git.example.com:8443/team user=ben expiry=4102444800")
	for in, want := range map[string][2]string{
		"url=https://git.example.com/any.git\n":         {"ana", "TOKEN"},
		"url=https://GIT.example.com:443/any.git\n":     {"ana", "TOKEN"},
		"url=https://ana@git.example.com/any.git\n":     {"ana", "TOKEN"},
		"protocol=https\nhost=git.example.com\n\n":      {"ana", "TOKEN"},
		"url=https://eve@git.example.com/any.git\n":     {},
		"url=https://git.example.com.evil.example/\n":   {},
		"url=https://git.example.com:8443/team/a.git\n": {}, // git sends no path
		"url=http://git.example.com/any.git\n":          {},
		"url=https://evil.example/git.example.com\n":    {},
	} {
		stdout, stderr, err := c.run(in, "credential", "fill")
		got := [2]string{value(stdout, "username"), value(stdout, "password")}
		if got != want || (err == nil) != (want[1] != "") {
			t.Errorf("%q: got %q, want %q, %v\n%s", in, got, want, err, stderr)
		}
	}
	c.config(t, "credential.https://git.example.com:8443/team.useHttpPath", "true")
	stdout, stderr, _ := c.run("url=https://git.example.com:8443/team/a.git\n", "credential", "fill")
	if got := value(stdout, "username"); got != "ben" {
		t.Errorf("with useHttpPath: got user %q\n%s", got, stderr)
	}
	if stdout, _, _ := c.run("url=https://git.example.com:8443/teams/a.git\n", "credential", "fill"); stdout != "" {
		t.Errorf("another path: got %q", stdout)
	}
}

// G17: git dies with our message, asks no other helper, and doesn't prompt.
func TestGitQuits(t *testing.T) {
	c := newClient(t, "https://git.example.com fails=login")
	c.config(t, "credential.helper", "!f() { echo asked >>"+c.home+"/other; }; f")
	stdout, stderr, err := c.run("url=https://git.example.com/a.git\n", "credential", "fill")
	if err == nil || stdout != "" || !strings.Contains(stderr, "no token") || !strings.Contains(stderr, "told us to quit") {
		t.Errorf("got %q, %v\n%s", stdout, err, stderr)
	}
	if _, err := os.Stat(filepath.Join(c.home, "other")); err == nil {
		t.Error("another helper was asked")
	}
	if _, _, err = c.run("url=https://other.example.com/a.git\n", "credential", "fill"); err == nil {
		t.Error("another host: a credential")
	}
	if _, err := os.Stat(filepath.Join(c.home, "other")); err != nil {
		t.Error("another host: no other helper was asked")
	}
}

// G15, G22: approve is silent, reject drops what was sent.
func TestGitApproveAndReject(t *testing.T) {
	c := newClient(t, "https://git.example.com user=ana")
	const said = "protocol=https\nhost=git.example.com\nusername=ana\npassword=OLD\n"
	for _, action := range []string{"approve", "reject"} {
		if stdout, stderr, err := c.run(said, "credential", action); err != nil || stdout+stderr != "" {
			t.Errorf("%s: got %q, %v", action, stdout+stderr, err)
		}
	}
	if diff := cmp.Diff([]string{"refused OLD"}, helpertest.Log(t, c.log)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func value(lines, key string) string {
	for line := range strings.Lines(lines) {
		if v, ok := strings.CutPrefix(line, key+"="); ok {
			return strings.TrimSuffix(v, "\n")
		}
	}
	return ""
}
