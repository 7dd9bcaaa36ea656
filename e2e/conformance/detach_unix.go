//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// detach runs the command in a session of its own: a prompt on the terminal fails at once, and the end
// of its time ends its children, too.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
