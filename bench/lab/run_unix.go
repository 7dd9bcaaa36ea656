//go:build unix

package lab

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A Cost is what one process took, with its children, by the kernel's own account.
type Cost struct {
	CPU    time.Duration // user and system
	Wall   time.Duration
	Faults int64 // page faults without I/O
}

// Check runs a task once and demands its answer: what fails fast isn't measured.
func (l *Lab) Check(t Task) error {
	cmd := l.Command(t)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", t.Name, err, stderr.Bytes())
	}
	if !strings.Contains(string(out), t.Want) {
		return fmt.Errorf("%s: the answer has no %q", t.Name, t.Want)
	}
	return nil
}

// Run runs a task once.
func (l *Lab) Run(t Task) (Cost, error) {
	cmd := l.Command(t)
	if t.Stdin != "" { // a pipe that is full already: nobody has to write while the clock runs
		stdin, err := filled(t.Stdin)
		if err != nil {
			return Cost{}, err
		}
		defer stdin.Close()
		cmd.Stdin = stdin
	}
	begun := time.Now()
	if err := cmd.Run(); err != nil {
		return Cost{}, fmt.Errorf("%s: %w", t.Name, err)
	}
	wall := time.Since(begun)
	u := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return Cost{CPU: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), Wall: wall, Faults: int64(u.Minflt)}, nil
}

// filled is the reading end of a pipe that holds all that will come.
func filled(text string) (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	_, err = w.WriteString(text)
	if err = errors.Join(err, w.Close()); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// RSS is the memory of a task at its most, KiB; 0 where time(1) isn't installed. A process inherits the
// mark of the one that started it, and this one is large: so a small one starts it.
func (l *Lab) RSS(t Task) (int, error) {
	timer, err := exec.LookPath("/usr/bin/time")
	if err != nil {
		return 0, nil
	}
	file := filepath.Join(l.Dir, "rss")
	t.Args = append([]string{timer, "-f", "%M", "-o", file}, t.Args...)
	if err := l.Command(t).Run(); err != nil {
		return 0, fmt.Errorf("%s: %w", t.Name, err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(b)))
}

// Command is a run of a task that hasn't begun.
func (l *Lab) Command(t Task) *exec.Cmd {
	cmd := exec.Command(t.Args[0], t.Args[1:]...)
	cmd.Env = slices.Concat(l.Env, t.Env)
	cmd.Dir = l.Dir
	if t.Stdin != "" {
		cmd.Stdin = strings.NewReader(t.Stdin)
	}
	return cmd
}
