//go:build linux

package machine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// A Call is one run of the program.
type Call struct {
	Name  string // the name it is run under
	Args  []string
	Stdin string
	Env   []string // on top of the machine's; NAME= unsets nothing, it empties
	Dir   string   // working directory; "": /
	Wrap  []string // a command that runs the program as its last words: strace, unshare
	Alter func(*exec.Cmd)
}

// The calls of the tools, and those of people.
var (
	Git     = Call{Name: git, Args: []string{"get"}, Stdin: "protocol=https\nhost=" + GitHost + "\n\n"}
	Docker  = Call{Name: docker, Args: []string{"get"}, Stdin: Registry}
	Kubectl = Call{Name: People, Args: []string{"kubectl", "--profile", "work"}}
	Token   = Call{Name: People, Args: []string{"token", "work"}}
	Refresh = Call{Name: People, Args: []string{"refresh", "work"}}
	Status  = Call{Name: People, Args: []string{"status", "work", "--json"}}
	Logout  = Call{Name: People, Args: []string{"logout", "work"}}
)

// Mixed is n calls of all protocols, in turn.
func Mixed(n int) []Call {
	all := []Call{Git, Docker, Kubectl, Token}
	calls := make([]Call, n)
	for i := range calls {
		calls[i] = all[i%len(all)]
	}
	return calls
}

// A Process is a call that runs.
type Process struct {
	m           *Machine
	call        Call
	cmd         *exec.Cmd
	out, errOut bytes.Buffer
	begun       time.Time
	cancel      context.CancelFunc
}

// patience is how long a process may run at all. Calls are promised to end within 25 s; here a test
// fails at three times that.
const patience = 75 * time.Second

// Start starts a call in a process group of its own.
func (m *Machine) Start(c Call) *Process {
	m.T.Helper()
	p := m.prepare(c, nil)
	if err := p.cmd.Start(); err != nil {
		m.T.Fatalf("%s: %v", c, err)
	}
	return p
}

// prepare makes the command. Processes that share a barrier wait for it in a shell, which becomes the
// program when it opens.
func (m *Machine) prepare(c Call, barrier *os.File) *Process {
	words := append(append([]string(nil), c.Wrap...), m.Program.path(c.Name))
	words = append(words, c.Args...)
	if barrier != nil {
		words = append([]string{"/bin/sh", "-c", `read x <&3; exec 3<&- "$@"`, "sh"}, words...)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	p := &Process{m: m, call: c, cmd: exec.CommandContext(ctx, words[0], words[1:]...), cancel: cancel}
	p.cmd.Env = append(append([]string(nil), m.Env...), c.Env...)
	p.cmd.Dir = "/"
	if c.Dir != "" {
		p.cmd.Dir = c.Dir
	}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = strings.NewReader(c.Stdin), &p.out, &p.errOut
	if barrier != nil {
		p.cmd.ExtraFiles = []*os.File{barrier}
	}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.Cancel = func() error { return syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) }
	p.cmd.WaitDelay = 10 * time.Second
	if c.Alter != nil {
		c.Alter(p.cmd)
	}
	p.begun = time.Now()
	return p
}

// Pid is the process, or that of the command that wraps it.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Signal sends a signal to the whole process group, as a terminal does.
func (p *Process) Signal(s syscall.Signal) {
	p.m.T.Helper()
	if err := syscall.Kill(-p.Pid(), s); err != nil {
		p.m.T.Errorf("%s: %v: %v", p.call, s, err)
	}
}

// Kill kills the process and declares it to the domain, for which an answer may now be lost.
func (p *Process) Kill() Result {
	p.m.T.Helper()
	p.Signal(syscall.SIGKILL)
	r := p.Wait()
	p.m.Domain.Killed()
	return r
}

// Wait waits for the end.
func (p *Process) Wait() Result {
	err := p.cmd.Wait()
	p.cancel()
	r := Result{Call: p.call, Pid: p.Pid(), Stdout: p.out.String(), Stderr: p.errOut.String(), Took: time.Since(p.begun)}
	state := p.cmd.ProcessState
	if state == nil {
		r.Exit, r.Stderr = -1, fmt.Sprint(err)
		return r
	}
	status := state.Sys().(syscall.WaitStatus)
	r.Exit = status.ExitStatus() // -1 for a signal
	if status.Signaled() {
		r.Signal, r.Core = status.Signal(), status.CoreDump()
	}
	r.MaxRSS = int64(state.SysUsage().(*syscall.Rusage).Maxrss) << 10
	return r
}

// Run starts a call and waits for its end.
func (m *Machine) Do(c Call) Result {
	m.T.Helper()
	return m.Start(c).Wait()
}

// With returns the call with further variables.
func (c Call) With(env ...string) Call {
	c.Env = append(append([]string(nil), c.Env...), env...)
	return c
}

// Under returns the call wrapped by a command.
func (c Call) Under(words ...string) Call {
	c.Wrap = append(append([]string(nil), words...), c.Wrap...)
	return c
}

func (c Call) String() string { return c.Name + " " + strings.Join(c.Args, " ") }

// A Result is how a call ended.
type Result struct {
	Call   Call
	Pid    int
	Stdout string
	Stderr string
	Exit   int // -1: by Signal
	Signal syscall.Signal
	Core   bool  // the system wrote a core file
	MaxRSS int64 // bytes
	Took   time.Duration
}

// Secret is the token that the call printed, in whatever protocol; empty: none.
func (r Result) Secret() string {
	switch {
	case r.Call.Name == git:
		for line := range strings.Lines(r.Stdout) {
			if v, ok := strings.CutPrefix(line, "password="); ok {
				return strings.TrimSuffix(v, "\n")
			}
		}
		return ""
	case r.Call.Name == docker:
		var a struct{ Secret string }
		_ = json.Unmarshal([]byte(r.Stdout), &a) // what is no JSON is no answer
		return a.Secret
	case r.Call.Args[0] == "kubectl":
		var a struct{ Status struct{ Token string } }
		_ = json.Unmarshal([]byte(r.Stdout), &a)
		return a.Status.Token
	}
	return strings.TrimSpace(r.Stdout)
}

// Message is the first line for people.
func (r Result) Message() string {
	line, _, _ := strings.Cut(r.Stderr, "\n")
	return line
}

// Status is the exit status of a class of failure: docker's helper always has 1, the others one for each class.
func (r Result) Status(class int) int {
	if r.Call.Name == docker && class != 0 {
		return 1
	}
	return class
}

// String names everything but tokens.
func (r Result) String() string {
	token := "no token"
	if s := r.Secret(); s != "" {
		token = "token " + idcstest.Digest(s)
	}
	how := fmt.Sprintf("exit %d", r.Exit)
	if r.Signal != 0 {
		how = "ended by " + r.Signal.String()
	}
	return fmt.Sprintf("%s: %s after %v, %s, stderr %q", r.Call, how, r.Took.Round(time.Millisecond), token, r.Stderr)
}
