package windows

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/built"
	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

var (
	program machine.Program // for Windows; empty: there is no Wine
	wine    string
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (status int) {
	found, err := exec.LookPath(machine.Wine)
	if err != nil {
		return m.Run() // each test says so
	}
	dir, err := os.MkdirTemp("", "windows-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	wine = found
	p, stop, err := machine.BuildWindows(dir, wine)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer stop()
	program = p
	if err := built.Package("windows", filepath.Join(dir, "hold.exe"), "e2e/windows/hold"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for name, words := range map[string]string{
		// A person with folders of their own: Wine makes such up.
		person: `export HOLD_HOME="$HOME"
			hold run "$dir\\credential-idcs.exe" "$@"`,
		inConsole: `export CREDENTIAL_IDCS_CACHE_DIR="Z:$HOME/.cache/credential-idcs"
			program=$1
			shift
			hold console "$dir\\$program.exe" "$@"`,
	} {
		script := fmt.Sprintf("#!/bin/sh\nexport CREDENTIAL_IDCS_CONFIG=\"Z:$HOME/.config/credential-idcs/config.toml\" WINEPREFIX='%s' WINEPATH=\"${WINEPATH-Z:%[2]s}\"\ndir='Z:%[2]s'\nhold() { exec '%[3]s' '%[2]s/hold.exe' \"$@\"; }\n%[4]s\n",
			filepath.Join(dir, "drive"), dir, wine, words)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return m.Run()
}

const (
	person    = "person"  // credential-idcs with the home folder's own AppData
	inConsole = "console" // any of the program's names, in a console that the test has in its hand
)

// newMachine is a home folder with a profile of that kind, at a domain that ends a login when one of its
// refresh tokens comes twice.
func newMachine(t *testing.T, kind machine.Kind, targets ...string) *machine.Machine {
	t.Helper()
	need.Tool(t, machine.Wine)
	domain := idcstest.Start(t, idcstest.Options{Rotation: idcstest.StrictRevoke})
	return machine.New(t, program, domain, kind, targets...)
}

// beside starts hold and waits for its first line. It ends with its stdin.
func beside(t *testing.T, args ...string) (stdin io.WriteCloser, wait func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, wine, append([]string{filepath.Join(string(program), "hold.exe")}, args...)...)
	cmd.Env = append(os.Environ(), "WINEPREFIX="+filepath.Join(string(program), "drive"))
	cmd.Stderr = os.Stderr
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
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "held") {
		t.Fatalf("hold %q: %q, %v", args, line, err)
	}
	return stdin, cmd.Wait
}
