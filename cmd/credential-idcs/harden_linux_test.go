package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// programCopy is the test binary in a folder that every user can reach, as the test's own isn't.
func programCopy(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "credential-idcs-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	path := filepath.Join(dir, "credential-idcs")
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// S58.
func TestSetuidCopyRefusesToRun(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root, to give a file to another user")
	}
	const nobody = 65534
	path := programCopy(t)
	var fs unix.Statfs_t
	if err := unix.Statfs(path, &fs); err != nil || fs.Flags&unix.ST_NOSUID != 0 {
		t.Skip("the temporary folder ignores set-user-ID bits")
	}
	for _, c := range []struct {
		name     string
		uid, gid int
		mode     os.FileMode
	}{
		{"set-user-ID", nobody, 0, 0o755 | os.ModeSetuid},
		{"set-group-ID", 0, nobody, 0o755 | os.ModeSetgid},
	} {
		if err := os.Chown(path, c.uid, c.gid); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		refused(t, c.name, exec.Command(path, "version"))
	}
}

func TestCopyWithCapabilitiesRefusesToRun(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root")
	}
	setcap := need.Tool(t, "setcap")
	path := programCopy(t)
	if out, err := exec.Command(setcap, "cap_net_bind_service+ep", path).CombinedOutput(); err != nil {
		t.Skipf("setcap: %v: %s", err, out)
	}
	cmd := exec.Command(path, "version")
	// Root has all capabilities anyway, so for root nothing is gained and nothing refused.
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	refused(t, "capabilities", cmd)
}

func refused(t *testing.T, name string, cmd *exec.Cmd) {
	t.Helper()
	cmd.Env = []string{}
	cmd.Dir = "/"
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if cmd.ProcessState.ExitCode() != 1 || stdout.String() != "" || !strings.Contains(stderr.String(), "must not be installed with") {
		t.Errorf("%s: %v\nstdout: %s\nstderr: %s", name, err, stdout.String(), stderr.String())
	}
}
