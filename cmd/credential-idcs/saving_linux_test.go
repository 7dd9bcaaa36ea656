package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// closings is told each time when somebody has looked into a file.
type closings struct {
	*testing.T
	file *os.File
}

func watchClosings(t *testing.T, folder string) closings {
	t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC)
	if err != nil {
		t.Skip("no inotify here: ", err)
	}
	file := os.NewFile(uintptr(fd), "inotify")
	t.Cleanup(func() { _ = file.Close() })
	if _, err := unix.InotifyAddWatch(fd, folder, unix.IN_CLOSE_NOWRITE|unix.IN_ISDIR); err != nil {
		t.Fatal(err)
	}
	return closings{t, file}
}

// wait waits until a file of that name was read.
func (c closings) wait(name string) {
	c.Helper()
	b := make([]byte, 4096)
	for {
		n, err := c.file.Read(b)
		if err != nil {
			c.Fatal(err)
		}
		if bytes.Contains(b[:n], []byte(name+"\x00")) {
			return
		}
	}
}

// An editor that saves the configuration empties it first, or has half of it on the disk: a helper that looks
// just then sees the whole one, a moment later.
func TestAHelperWaitsForAConfigurationThatIsBeingSaved(t *testing.T) {
	s := idcstest.Start(t, idcstest.Options{})
	env, home := person(t, s, "client_id = \""+s.PublicClient.ID+"\"\nlogin = \"device\"\ntargets = [\n  \"https://git.example.com\",\n]\n")
	path := filepath.Join(home, ".config", "credential-idcs", "config.toml")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, first := range []string{"", string(whole[:len(whole)/2]), string(whole[:len(whole)-3])} {
		if err := os.WriteFile(path, []byte(first), 0o600); err != nil {
			t.Fatal(err)
		}
		looks := watchClosings(t, filepath.Dir(path))
		cmd := exec.Command("git-credential-idcs", "get")
		cmd.Env, cmd.Stdin = env, strings.NewReader("protocol=https\nhost=git.example.com\n\n")
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		looks.wait("config.toml")
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		if !strings.Contains(out.String(), "login needed") || strings.Contains(out.String(), "config.toml") {
			t.Errorf("after %q:\n%s", first, out.String())
		}
	}

	// It doesn't wait for ever: git goes on to others where nothing is set up, and ends where half of it is.
	for first, want := range map[string]string{"": "exit 0, ", string(whole[:len(whole)/2]): "exit 5, quit=1\n"} {
		if err := os.WriteFile(path, []byte(first), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("git-credential-idcs", "get")
		cmd.Env, cmd.Stdin = env, strings.NewReader("protocol=https\nhost=git.example.com\n\n")
		out, err := cmd.Output()
		status := 0
		if e, ok := errors.AsType[*exec.ExitError](err); ok {
			status = e.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("exit %d, %s", status, out); got != want {
			t.Errorf("of %q: got %q, want %q", first, got, want)
		}
	}
}
