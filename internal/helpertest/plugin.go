package helpertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// Real clients start the test binary as their helper. With these variables, which clients pass on, it acts as one.
const (
	EnvTargets = "HELPERTEST_TARGETS" // what Parse takes
	EnvLog     = "HELPERTEST_LOG"     // a file that gets a line for each call of the Source
)

// Main is TestMain of a package with a helper that real clients start.
func Main(m *testing.M, h helpers.Helper) {
	if targets, ok := os.LookupEnv(EnvTargets); ok {
		os.Exit(plugin(h, targets))
	}
	os.Exit(m.Run())
}

func plugin(h helpers.Helper, targets string) int {
	source, err := Parse(targets)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 99
	}
	args := os.Args[1:]
	if len(args) > 0 && args[0] == h.Name { // credential-idcs NAME
		args = args[1:]
	}
	call := helpers.Call{
		Args: args, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Getenv: os.Getenv, Now: time.Now, Module: "example.com/module", Version: func() string { return "v1.2.3" },
		Open: func() (helpers.Source, error) { return logged{source, os.Getenv(EnvLog)}, nil },
	}
	return finish(os.Stderr, h.Run(context.Background(), &call))
}

// Link puts the test binary under another name into a new folder, as the program is installed, and
// returns its path.
func Link(t *testing.T, name string) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), name)
	if err := os.Symlink(exe, link); err != nil {
		t.Skip(err) // Windows, without the right to make links
	}
	return link
}

// Tool returns the path of a client. If it is missing, the test is skipped with its name, or fails with CI=true: there
// all clients are installed.
func Tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil && name == "cargo" {
		// rustup's proxy exists even if there is no toolchain, as with another HOME than at its installation.
		err = exec.Command(path, "--version").Run()
	}
	if err == nil {
		return path
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("CI=true and %s is missing: %v", name, err)
	}
	t.Skipf("%s is missing: %v", name, err)
	return ""
}

// logged is a Source that writes "asked for TARGET, suspect FINGERPRINT" (unless only the cache may answer) and
// "refused TOKEN" into a file. If the suspect is the token of its answer, it answers "NEW" instead, as after a forced
// refresh.
type logged struct {
	*Source
	log string
}

func (l logged) Credential(ctx context.Context, query helpers.Query) (helpers.Credential, error) {
	if !query.CachedOnly {
		l.write("asked for " + query.Target.String() + ", suspect " + query.Suspect)
	}
	cred, err := l.Source.Credential(ctx, query)
	if err == nil && query.Suspect == cred.Secret.Fingerprint() {
		cred.Secret = secret.New("NEW")
	}
	return cred, err
}

func (l logged) Refused(ctx context.Context, query helpers.Query, access secret.Text) error {
	err := l.Source.Refused(ctx, query, access)
	for _, token := range l.Refusals {
		l.write("refused " + token)
	}
	return err
}

func (l logged) write(line string) {
	f, err := os.OpenFile(l.log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err == nil {
		_, err = f.WriteString(line + "\n")
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		panic(err)
	}
}

// Log are the lines of the log at path.
func Log(t *testing.T, path string) []string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.FieldsFunc(string(b), func(r rune) bool { return r == '\n' })
}
