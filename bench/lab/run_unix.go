//go:build unix

package lab

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// A Cost is what one process took, by the kernel's own account.
type Cost struct {
	CPU    time.Duration // user and system
	Wall   time.Duration
	Faults int64 // page faults without I/O
}

// Check runs a task once and demands its answer: what fails fast isn't measured.
func (l *Lab) Check(t Task) error {
	cmd := l.command(t)
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%s: %w", t.Name, err)
	}
	if !strings.Contains(string(out), t.Want) {
		return fmt.Errorf("%s: the answer has no %q", t.Name, t.Want)
	}
	return nil
}

// Run runs a task once.
func (l *Lab) Run(t Task) (Cost, error) {
	cmd := l.command(t)
	begun := time.Now()
	if err := cmd.Run(); err != nil {
		return Cost{}, fmt.Errorf("%s: %w", t.Name, err)
	}
	wall := time.Since(begun)
	u := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return Cost{CPU: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), Wall: wall, Faults: int64(u.Minflt)}, nil
}

func (l *Lab) command(t Task) *exec.Cmd {
	cmd := exec.Command(t.Args[0], t.Args[1:]...)
	cmd.Env = l.Env
	cmd.Dir = l.Dir
	cmd.Stdin = bytes.NewReader([]byte(t.Stdin))
	if t.Stdin == "" {
		cmd.Stdin, _ = os.Open(os.DevNull)
	}
	return cmd
}
