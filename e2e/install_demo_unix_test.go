//go:build unix

package e2e_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// The README's first command, from a folder elsewhere: it ends well, and neither the home nor the
// place for temporary files has anything of it afterwards.
func TestInstallDemoLeavesNothing(t *testing.T) {
	need.Tool(t, "git")
	t.Parallel()
	cmd, temp := demoCommand(t)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.HasSuffix(string(out), "\nAll worked. The servers are down, the temporary folder is gone.\nNext: ./install.sh, then credential-idcs init, as in README.md.\n") {
		t.Errorf("%v\n%s", err, out)
	}
	nothingLeft(t, cmd.Dir, temp)
}

// Ctrl-C reaches all processes of the terminal's group: the script, the demo and what that runs.
func TestInstallDemoLeavesNothingAfterCtrlC(t *testing.T) {
	need.Tool(t, "git")
	t.Parallel()
	cmd, temp := demoCommand(t)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waiting := false
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "# waiting") {
			waiting = true
			if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
		}
	}
	err = cmd.Wait()
	if !waiting || cmd.ProcessState.ExitCode() != 130 {
		t.Errorf("it waited: %v; %v", waiting, err)
	}
	nothingLeft(t, cmd.Dir, temp)
}

// demoCommand is `install.sh --demo` with an empty home as its folder, and a TMPDIR of its own.
func demoCommand(t *testing.T) (cmd *exec.Cmd, temp string) {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "install.sh"))
	if err != nil {
		t.Fatal(err)
	}
	home, temp := t.TempDir(), t.TempDir()
	cmd = exec.CommandContext(t.Context(), path, "--demo")
	cmd.Dir = home
	cmd.Env = []string{
		"HOME=" + home, "TMPDIR=" + temp, "PATH=" + os.Getenv("PATH"),
		"DOCKER_HOST=unix://" + temp + "/none",
		"GOCACHE=" + goEnv(t, "GOCACHE"), "GOMODCACHE=" + goEnv(t, "GOMODCACHE"),
		"GOFLAGS=" + os.Getenv("GOFLAGS"),
	}
	return cmd, temp
}

func nothingLeft(t *testing.T, folders ...string) {
	t.Helper()
	for _, f := range folders {
		for _, name := range list(t, f) {
			t.Errorf("%s is left in %s", name, f)
		}
	}
}
