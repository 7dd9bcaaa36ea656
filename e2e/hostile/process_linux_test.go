package hostile

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// S5, S12: input without an end, in lines and without: it ends soon, in little memory, with no token.
func TestEndlessInput(t *testing.T) {
	m, token := room(t, "git.example.com")
	// The kernel counts the memory of whoever started a process before exec, see e2e/fire.
	little := m.Do(machine.Call{Name: "credential-idcs", Args: []string{"version"}}).MaxRSS < 32<<20
	if !little {
		t.Log("memory isn't judged: this process has too much itself")
	}
	for name, head := range map[string]string{
		"zeros": "", "behind git's lines": "protocol=https\nhost=git.example.com\n", "behind a host": "git.example.com\n", "in a string": `{"uri":"https://git.example.com/`,
	} {
		for _, call := range []machine.Call{
			{Name: "git-credential-idcs", Args: []string{"get"}},
			{Name: "git-credential-idcs", Args: []string{"erase"}},
			{Name: "docker-credential-idcs", Args: []string{"get"}},
			{Name: "docker-credential-idcs", Args: []string{"store"}},
			{Name: "bazel-credential-idcs", Args: []string{"get"}},
			{Name: "cargo-credential-idcs", Args: []string{"--cargo-plugin"}},
			{Name: "credential-idcs", Args: []string{"kubelet"}},
			{Name: "credential-idcs", Args: []string{"login", "--refresh-token-stdin"}},
		} {
			zeros, err := os.Open("/dev/zero")
			if err != nil {
				t.Fatal(err)
			}
			call.Alter = func(c *exec.Cmd) { c.Stdin = io.MultiReader(strings.NewReader(head), zeros) }
			p := m.Start(call)
			r := p.Wait()
			_ = zeros.Close()
			if strings.Contains(r.Stdout, token) || r.Signal != 0 || little && r.MaxRSS > 64<<20 {
				t.Errorf("%s: %s, %d MiB", name, r, r.MaxRSS>>20)
			}
		}
	}
}

// S5: a client that leaves its end open behind the blank line gets its answer all the same.
func TestAnswerBeforeTheEndOfInput(t *testing.T) {
	m, token := room(t, "git.example.com")
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	p := m.Start(machine.Call{Name: "git-credential-idcs", Args: []string{"get"}, Alter: func(c *exec.Cmd) { c.Stdin = in }})
	_ = in.Close()
	if _, err := out.WriteString("protocol=https\nhost=git.example.com\n\n"); err != nil {
		t.Fatal(err)
	}
	if r := p.Wait(); !strings.Contains(r.Stdout, "password="+token+"\n") { // killed, and so without it, if it waits
		t.Errorf("%s", r)
	}
}

// S18: nobody's stdin but a protocol's own is read, whatever the client says of a terminal.
func TestStdinIsLeftAlone(t *testing.T) {
	m, token := room(t, "k8s.example.com")
	for _, interactive := range []string{"true", "false"} {
		in, out, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := out.WriteString("for kubectl apply"); err != nil {
			t.Fatal(err)
		}
		_ = out.Close()
		r := m.Do(machine.Call{
			Name: "credential-idcs", Args: []string{"kubectl"}, Alter: func(c *exec.Cmd) { c.Stdin = in },
			Env: []string{`KUBERNETES_EXEC_INFO={"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"interactive":` + interactive + `}}`},
		})
		left, err := io.ReadAll(in)
		if !strings.Contains(r.Stdout, token) || string(left) != "for kubectl apply" || err != nil {
			t.Errorf("%s; %q is left, %v", r, left, err)
		}
		_ = in.Close()
	}
}

// S47: a crash while secrets are in memory leaves no core file, and no secret in what the runtime prints.
func TestCrashKeepsSecrets(t *testing.T) {
	need.Tool(t, "prlimit")
	for _, sig := range []syscall.Signal{syscall.SIGABRT, syscall.SIGSEGV, syscall.SIGTRAP, syscall.SIGBUS} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel() // the runtime waits up to 5 s for each thread to print its stack
			m, _ := room(t, "git.example.com")
			gate := m.Domain.Gate(idcstest.Refresh, idcstest.RequestRead)
			dir := t.TempDir()
			p := m.Start(machine.Call{
				Name: "credential-idcs", Args: []string{"refresh"}, Dir: dir, Env: []string{"GOTRACEBACK=crash"},
				Wrap: []string{"prlimit", "--core=unlimited:unlimited", "--"},
			})
			if err := gate.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			m.Domain.Killed()
			p.Signal(sig)
			r := p.Wait()
			gate.Open()
			if r.Exit == 0 {
				t.Fatalf("it didn't end: %s", r)
			}
			for _, s := range m.Domain.Secrets() {
				if strings.Contains(r.Stdout+r.Stderr, s) {
					t.Errorf("a secret of %d bytes was printed", len(s))
				}
			}
			left, err := os.ReadDir(dir)
			if err != nil || len(left) != 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
			if r.Core {
				t.Error("the system wrote a core")
			}
		})
	}
}

// S47: a debugger of the same user gets nothing out of a process that lives.
func TestNoDebugger(t *testing.T) {
	setpriv := need.Tool(t, "setpriv")
	if os.Getuid() != 0 {
		t.Skip("needs root, to be another user")
	}
	m, _ := room(t, "git.example.com")
	for _, folder := range []string{m.Home, filepath.Dir(m.Home), filepath.Dir(filepath.Dir(m.Home)), string(program)} {
		if strings.HasPrefix(folder, os.TempDir()+"/") {
			if err := os.Chmod(folder, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	as := []string{setpriv, "--reuid", "65534", "--regid", "65534", "--clear-groups"}
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	p := m.Start(machine.Call{Name: "git-credential-idcs", Args: []string{"get"}, Wrap: as, Alter: func(c *exec.Cmd) { c.Stdin = in }})
	_ = in.Close()
	// It is the program when its first file is open to nobody.
	environ := fmt.Sprintf("/proc/%d/environ", p.Pid())
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		fi, err := os.Stat(environ)
		comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", p.Pid()))
		if err == nil && strings.HasPrefix(string(comm), "git-credential") && fi.Sys().(*syscall.Stat_t).Uid == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s still belongs to its user: %s", environ, p.Kill())
		}
	}
	for _, name := range []string{"environ", "mem", "maps"} {
		words := append(as[1:], "cat", fmt.Sprintf("/proc/%d/%s", p.Pid(), name))
		if b, err := exec.Command(as[0], words...).Output(); err == nil || len(b) > 0 {
			t.Errorf("%s can be read", name)
		}
	}
	_ = out.Close()
	p.Wait()
}
