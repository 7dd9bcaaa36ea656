//go:build linux

package machine

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Try runs another's program as the person types it, in the home folder, with our program on PATH
// under its names and nobody at the terminal. It returns all that was said, on stdout and stderr.
func (m *Machine) Try(words ...string) (said string, err error) {
	m.T.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	words = append(append([]string(nil), m.under...), words...)
	cmd := exec.CommandContext(ctx, m.look(words[0]), words[1:]...)
	cmd.Env, cmd.Dir = append(append([]string(nil), m.Env...), m.Tools...), m.Home
	// A session without a terminal, so that a prompt fails and can't wait; and all of it ends at once.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second // for what has left the session and holds the pipe
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	return out.String(), err
}

// look finds a program where the machine's PATH has it, which is not the test's.
func (m *Machine) look(name string) string {
	if strings.Contains(name, "/") {
		return name
	}
	for _, v := range m.Env {
		dirs, ok := strings.CutPrefix(v, "PATH=")
		for _, dir := range filepath.SplitList(dirs) {
			if path, err := exec.LookPath(filepath.Join(dir, name)); ok && err == nil {
				return path
			}
		}
	}
	return name
}

// Works runs another's program, which has to succeed, and returns all that was said.
func (m *Machine) Works(words ...string) string {
	m.T.Helper()
	said, err := m.Try(words...)
	if err != nil {
		m.T.Errorf("%s: %v\n%s", strings.Join(words, " "), err, said)
	}
	return said
}

// Put writes a file below the home folder, closed to others, and returns its path.
func (m *Machine) Put(name, content string) string {
	m.T.Helper()
	path := filepath.Join(m.Home, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		m.T.Fatalf("%v", err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		m.T.Fatalf("%v", err)
	}
	return path
}
