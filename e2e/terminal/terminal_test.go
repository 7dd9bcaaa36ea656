//go:build linux

package terminal

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

var program machine.Program

func TestMain(m *testing.M) { os.Exit(machine.Main(m, &program)) }

// A terminal is a screen with a shell on it. The shell is sh, which leaves the terminal as a program
// left it; bash would tidy up behind it.
type terminal struct {
	*testing.T
	tmux, socket string
	prompts      int // so far: each has its number
}

const columns, rows = 100, 45

// patience is how long a screen may take, on a machine as busy as it may be.
const patience = time.Minute

// open starts a terminal on a machine, with a sh whose prompts are counted.
func open(m *machine.Machine, t *testing.T) *terminal {
	t.Helper()
	script := filepath.Join(t.TempDir(), "shell")
	if err := os.WriteFile(script, []byte("n=0\nPS1='[$((n=n+1))] '\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := openShell(m, t, "env", "ENV="+script, need.Tool(t, "sh"), "-i")
	s.prompt()
	return s
}

// openShell starts a terminal on a machine, with some shell.
func openShell(m *machine.Machine, t *testing.T, shell ...string) *terminal {
	t.Helper()
	s := &terminal{T: t, tmux: need.Tool(t, "tmux"), socket: filepath.Join(t.TempDir(), "tmux")}
	env := append([]string{"env", "-i", "TERM=screen-256color", "LANG=C.UTF-8", "TZ=UTC"}, m.Env...)
	args := append([]string{"-f", "/dev/null", "new-session", "-d", "-s", "s", "-x", fmt.Sprint(columns), "-y", fmt.Sprint(rows)}, append(env, shell...)...)
	s.run(args...)
	pid := strings.TrimSpace(s.run("display-message", "-p", "-t", "s", "#{pane_pid}"))
	t.Cleanup(func() {
		_ = exec.Command(s.tmux, "-S", s.socket, "kill-server").Run() // gone already: fine
		// The shell may write its history first, into the folder that is taken away next.
		for end := time.Now().Add(patience); runs(pid) && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		}
	})
	s.run("set-option", "-g", "status", "off")
	return s
}

// runs reports whether a process is there, and no zombie.
func runs(pid string) bool {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(after, "Z") && !strings.HasPrefix(after, "X")
}

// run gives tmux a command.
func (s *terminal) run(args ...string) string {
	s.Helper()
	cmd := exec.Command(s.tmux, append([]string{"-S", s.socket}, args...)...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.Fatalf("tmux %q: %v\n%s", args, err, out)
	}
	return string(out)
}

// screen is what stands there, without the empty lines at the end. With colours it has its SGR
// sequences.
func (s *terminal) screen(colours bool) string {
	s.Helper()
	args := []string{"capture-pane", "-p", "-t", "s"}
	if colours {
		args = append(args, "-e")
	}
	return strings.TrimRight(s.run(args...), "\n")
}

// sees waits until the screen shows something. Spaces at the end of a line are nothing to tmux.
func (s *terminal) sees(text string) {
	s.Helper()
	text = strings.TrimRight(text, " ")
	s.until(fmt.Sprintf("%q", text), func(screen string) bool { return strings.Contains(screen, text) })
}

func (s *terminal) until(what string, there func(screen string) bool) {
	s.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		screen := s.screen(false)
		if there(screen) {
			return
		}
		if time.Now().After(end) {
			s.Fatalf("no %s on\n%s", what, screen)
		}
	}
}

// prompt waits for the shell's next one.
func (s *terminal) prompt() {
	s.Helper()
	s.prompts++
	s.sees(fmt.Sprintf("[%d] ", s.prompts))
}

// types types text, and presses keys such as Enter and C-c.
func (s *terminal) types(text string, keys ...string) {
	s.Helper()
	if text != "" {
		s.run("send-keys", "-t", "s", "-l", "--", text)
	}
	for _, k := range keys {
		s.run("send-keys", "-t", "s", k)
	}
}

// does types a command and returns what it wrote, its prompt left out.
func (s *terminal) does(command string) string {
	s.Helper()
	s.clear()
	s.types(command, "Enter")
	s.prompt()
	_, out, _ := strings.Cut(s.screen(false), "\n")
	out, _, _ = strings.Cut(out, fmt.Sprintf("[%d]", s.prompts))
	return out
}

// clear wipes the screen, with its history.
func (s *terminal) clear() {
	s.Helper()
	s.types("clear", "Enter")
	s.prompt()
	s.until("empty screen", func(screen string) bool { return !strings.Contains(screen, "\n") })
}

// echoes demands that the terminal is as a shell needs it: what is typed is shown, line by line.
func (s *terminal) echoes() {
	s.Helper()
	modes := s.does("stty -a")
	for _, on := range []string{" echo ", " icanon ", " isig ", " icrnl "} {
		if !strings.Contains(" "+strings.ReplaceAll(modes, "\n", " ")+" ", on) {
			s.Errorf("no%sin the modes of the terminal\n%s", on, modes)
		}
	}
}
