package windows

import (
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// serveGit is where hold's git.exe finds the machine's own git. That one has Linux' paths: a path of Windows is
// one that begins with Z:\, and files are told as Windows' git tells them.
func serveGit(t *testing.T) (address string) {
	t.Helper()
	git := need.Tool(t, "git")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	unix := func(s string) string {
		if path, ok := strings.CutPrefix(s, `Z:\`); ok {
			return "/" + strings.ReplaceAll(path, `\`, "/")
		}
		return s
	}
	serve := func(conn net.Conn) {
		defer conn.Close()
		var call struct {
			Args, Env []string
			Dir       string
		}
		if json.NewDecoder(conn).Decode(&call) != nil {
			return
		}
		for i, a := range call.Args {
			call.Args[i] = unix(a)
		}
		cmd := exec.Command(git, call.Args...)
		cmd.Dir, cmd.Env = unix(call.Dir), []string{"LC_ALL=C"}
		for _, v := range call.Env {
			name, value, _ := strings.Cut(v, "=")
			cmd.Env = append(cmd.Env, name+"="+unix(value))
		}
		var said struct {
			Stdout, Stderr []byte
			Status         int
		}
		said.Stdout, err = cmd.Output()
		if exit := new(exec.ExitError); errors.As(err, &exit) {
			said.Stderr, said.Status = exit.Stderr, exit.ExitCode()
		}
		said.Stdout = []byte(strings.ReplaceAll(string(said.Stdout), "file:/", "file:Z:/"))
		_ = json.NewEncoder(conn).Encode(said)
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serve(conn)
		}
	}()
	return l.Addr().String()
}

// What configure writes for git is read by git and run by its shell, also where the program's folder has blanks
// and what a shell would take for its own; and it is taken away again byte for byte.
func TestGitRunsWhatConfigureWrote(t *testing.T) {
	m := newMachine(t, machine.Person, "https://git.example.com", "https://other.example.com/team")
	m.Login()
	address := serveGit(t)
	bin := filepath.Join(m.Home, "Program Files (x86)", "it's $HOME")
	git := filepath.Join(m.Home, "git")
	for _, dir := range []string{bin, git} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	own := string(program)
	for from, to := range map[string]string{
		own + "/credential-idcs.exe": bin + "/credential-idcs.exe", own + "/git-credential-idcs.exe": bin + "/git-credential-idcs.exe",
		own + "/hold.exe": git + "/git.exe",
	} {
		b, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(to, b, 0o700)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	const before = "[user]\r\n\tname = Ana\r\n[credential]\r\n\thelper = manager\r\n"
	config := m.Put("gitconfig", before)
	run := func(words ...string) machine.Result {
		t.Helper()
		r := m.Do(machine.Call{Name: person, Args: words, Dir: m.Home, Env: []string{
			"HOLD_GIT=" + address, "GIT_CONFIG_NOSYSTEM=1", `GIT_CONFIG_GLOBAL=Z:` + strings.ReplaceAll(config, "/", `\`),
			"WINEPATH=Z:" + git + ";Z:" + bin,
		}})
		if r.Exit != 0 {
			t.Errorf("%s", r)
		}
		return r
	}
	run("configure", "git")
	once := read(t, config)
	if !strings.HasPrefix(once, before) {
		t.Errorf("what was there changed:\n%q", once)
	}
	// Z: is a folder here, with a script that runs the program, so that this machine's shell finds the path.
	script := filepath.Join(m.Home, "Z:", bin, "git-credential-idcs.exe")
	if err := os.MkdirAll(filepath.Dir(script), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(own, "git-credential-idcs"), script); err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{"https://git.example.com", "https://other.example.com/team/x.git"} {
		m.Env = append(m.Env, "GIT_CONFIG_GLOBAL="+config, "GIT_CONFIG_NOSYSTEM=1")
		helpers := strings.Split(strings.TrimSuffix(m.Works("git", "config", "--get-urlmatch", "credential.helper", url), "\n"), "\n")
		helper := helpers[len(helpers)-1]
		if !strings.HasPrefix(helper, "Z:/") {
			t.Errorf("%s: %q is no absolute path to git", url, helper)
		}
		host, path, _ := strings.Cut(strings.TrimPrefix(url, "https://"), "/")
		cmd := exec.Command("sh", "-c", helper+" get") // as git's credential.c does
		cmd.Dir, cmd.Env = m.Home, m.Env
		cmd.Stdin = strings.NewReader("protocol=https\nhost=" + host + "\npath=" + path + "\n\n")
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "password=") {
			t.Errorf("%s: %q: %v\n%s", url, helper, err, out)
		}
	}
	if r := run("configure", "git"); read(t, config) != once {
		t.Errorf("a second time: %s\n%s", r, read(t, config))
	}
	if run("unconfigure", "git"); read(t, config) != before {
		t.Errorf("%q, want %q", read(t, config), before)
	}
}
