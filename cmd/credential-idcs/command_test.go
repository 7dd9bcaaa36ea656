package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/people"
	"github.com/credential-idcs/credential-idcs/internal/host"
)

// program runs the program inside the test, in a world without variables but env.
func program(t *testing.T, stdin string, env map[string]string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, err strings.Builder
	status = run(context.Background(), &host.Process{
		Args: args, Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &err,
		Getenv: func(name string) string { return env[name] }, Environ: func() []string { return nil },
		Now: time.Now, Terminal: func(int) bool { return false },
		Exit: func(status int) { t.Fatalf("exit %d", status) },
	})
	return out.String(), err.String(), status
}

// configured is an environment whose configuration has one profile that was never logged in.
func configured(t *testing.T) map[string]string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "config.toml")
	doc := `[profiles.work]
domain = "https://domain.example.com"
client_id = "c"
login = "device"
scope = "openid"
targets = ["https://git.example.com"]
`
	if err := os.WriteFile(path, []byte(doc), 0o600); err != nil {
		t.Fatal(err)
	}
	return map[string]string{"CREDENTIAL_IDCS_CONFIG": path, "CREDENTIAL_IDCS_CACHE_DIR": filepath.Join(dir, "cache")}
}

// C11.
func TestProgramActsByTheNameItIsRunUnder(t *testing.T) {
	env := configured(t)
	const request = "protocol=https\nhost=git.example.com\n\n"
	for _, c := range []struct {
		args   []string
		stdin  string
		stdout string
		status int
	}{
		{[]string{"/usr/bin/git-credential-idcs", "get"}, request, "quit=1\n", 3},
		{[]string{"credential-idcs", "git", "get"}, request, "quit=1\n", 3},
		{[]string{"kubectl-idcs", "git", "get"}, request, "quit=1\n", 3},
		{[]string{"git-credential-idcs", "--profile", "work", "get"}, request, "quit=1\n", 3},
		{[]string{"git-credential-idcs", "--profile=work", "get"}, request, "quit=1\n", 3},
		{[]string{"credential-idcs", "--profile", "work", "git", "get"}, request, "quit=1\n", 3},
		{[]string{"git-credential-idcs", "--profile", "other", "get"}, request, "", 5},
		{[]string{"docker-credential-idcs", "get"}, "other.example.com", "credentials not found in native keychain\n", 1},
		{[]string{"credential-idcs", "docker", "get"}, "other.example.com", "credentials not found in native keychain\n", 1},
		// The match is exact: these are credential-idcs, which has no command get.
		{[]string{"git-credential-idcs2", "get"}, request, "", 2},
		{[]string{"Git-Credential-IDCS", "get"}, request, "", 2},
		{[]string{"my-git-credential-idcs", "get"}, request, "", 2},
		{nil, request, "", 2},
		{[]string{"git-credential-idcs"}, request, "", 2},
	} {
		stdout, stderr, status := program(t, c.stdin, env, c.args...)
		if stdout != c.stdout || status != c.status {
			t.Errorf("%q: got %q, exit %d, want %q, exit %d\n%s", c.args, stdout, status, c.stdout, c.status, stderr)
		}
	}
}

// S46.
func TestNothingTypedIsRepeated(t *testing.T) {
	env := configured(t)
	for _, args := range [][]string{
		{"hunter2"},
		{"--client-secret", "hunter2"},
		{"--client-secret=hunter2"},
		{"login", "--client-secret", "hunter2"},
		{"login", "--client-secret=hunter2"},
		{"login", "--password", "hunter2", "work"},
		{"login", "work", "--password=hunter2"},
		{"login", "--password-stdin=hunter2"},
		{"token", "--min-ttl", "hunter2"},
		{"token", "--json=hunter2"},
		{"token", "work", "hunter2"},
		{"refresh", "work", "--token", "hunter2"},
		{"logout", "work", "hunter2"},
		{"status", "work", "hunter2"},
		{"version", "hunter2"},
		{"help", "hunter2"},
		{"kubectl", "hunter2"},
	} {
		stdout, stderr, status := program(t, "", env, append([]string{"credential-idcs"}, args...)...)
		if status != 2 || stdout != "" || stderr == "" || strings.Contains(stderr, "hunter2") {
			t.Errorf("%q: exit %d\nstdout: %s\nstderr: %s", args, status, stdout, stderr)
		}
	}
}

func TestNoHelperHasTheNameOfACommand(t *testing.T) {
	for _, h := range call.Helpers {
		if _, _, status := program(t, "", nil, "credential-idcs", "help", h.Name); status != 0 {
			t.Errorf("help %s: exit %d", h.Name, status)
		}
		if slices.Contains(people.Commands(), h.Name) {
			t.Errorf("two things are called %s", h.Name)
		}
	}
}

// S9: git waits for store in each of its commands, and asks what it likes of erase.
func TestHelpersReadNoConfigurationBeforeTheyKnowWhy(t *testing.T) {
	broken := map[string]string{"CREDENTIAL_IDCS_CONFIG": "relative"} // any reading of it fails
	for _, args := range [][]string{
		{"git-credential-idcs", "store"},
		{"git-credential-idcs", "capability"},
		{"git-credential-idcs", "unheard-of"},
		{"docker-credential-idcs", "version"},
	} {
		var out strings.Builder
		status := run(context.Background(), &host.Process{
			Args: args, Stdin: untouched{t}, Stdout: &out, Stderr: &out,
			Getenv: func(name string) string { return broken[name] }, Terminal: func(int) bool { return false },
		})
		if status != 0 || strings.Contains(out.String(), "CREDENTIAL_IDCS_CONFIG") {
			t.Errorf("%q: exit %d, %s", args, status, out.String())
		}
	}
}

// untouched is a stdin that nobody may read.
type untouched struct{ t *testing.T }

func (u untouched) Read([]byte) (int, error) {
	u.t.Error("stdin was read")
	return 0, io.EOF
}
