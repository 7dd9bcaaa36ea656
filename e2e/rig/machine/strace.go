//go:build linux

package machine

import (
	"bufio"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// Inject is a strace that does something to each system call of a name on a path: "signal=KILL" (the
// call isn't made) or "error=ENOSPC" (it fails). Paths are compared letter by letter with what the
// program says, and with what its descriptors are open on.
func Inject(path, call, what string) []string {
	return []string{"strace", "-f", "-qq", "-o", "/dev/null", "-P", path, "-e", "trace=" + call, "-e", "inject=" + call + ":" + what}
}

// Trace is a strace that writes the calls of a set, with the paths of descriptors, to a file.
func Trace(file, set string) []string {
	return []string{"strace", "-f", "-qq", "-y", "-s", "64", "-o", file, "-e", "trace=" + set, "-e", "signal=none"}
}

// A Tracer is a strace on a process that runs already.
type Tracer struct {
	m   *Machine
	cmd *exec.Cmd
}

// Attach puts an Inject on a running process and returns when it is in force: all threads are held.
// So calls of before don't count, which no option of strace can say for a program of many threads.
func (p *Process) Attach(inject []string) *Tracer {
	t := p.m.T
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skipf("the program hides from debuggers (PR_SET_DUMPABLE), so strace -p needs root")
	}
	words := []string{"-p"}
	words = append(words, strconv.Itoa(p.Pid()))
	for _, w := range inject[1:] {
		if w != "-qq" { // it would say nothing about attaching either
			words = append(words, w)
		}
	}
	cmd := exec.Command(inject[0], words...)
	cmd.Env = p.m.Env
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatalf("%v", err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v", err)
	}
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "attached") {
			go func() {
				for lines.Scan() {
				}
			}()
			return &Tracer{p.m, cmd}
		}
		t.Logf("strace: %s", lines.Text())
	}
	_ = cmd.Wait()
	t.Fatalf("strace could not attach")
	return nil
}

// Wait waits for the end of strace, which is that of the process.
func (t *Tracer) Wait() { _ = t.cmd.Wait() } // it ends as its tracee does
