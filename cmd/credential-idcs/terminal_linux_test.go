package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/credential-idcs/credential-idcs/e2e/rig/pty"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// A terminal is a person's window in which the program runs: what it shows, and keys.
type terminal struct {
	t    *testing.T
	keys *os.File
	tty  *os.File
	mu   sync.Mutex
	text bytes.Buffer
}

func openTerminal(t *testing.T) *terminal {
	t.Helper()
	keys, tty := pty.Open(t)
	w := &terminal{t: t, keys: keys, tty: tty}
	go func() {
		b := make([]byte, 4096)
		for {
			n, err := keys.Read(b)
			if err != nil {
				return
			}
			w.mu.Lock()
			w.text.Write(b[:n])
			w.mu.Unlock()
		}
	}()
	return w
}

func (w *terminal) shown() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// shows waits until something stands on the screen.
func (w *terminal) shows(want string) {
	w.t.Helper()
	for deadline := time.Now().Add(time.Minute); !strings.Contains(w.shown(), want); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("%q is never shown, but\n%s", want, w.shown())
		}
	}
}

// lineMode reports whether the terminal is in its own mode, as a shell expects it.
func (w *terminal) lineMode() bool {
	s, err := unix.IoctlGetTermios(int(w.tty.Fd()), unix.TCGETS)
	if err != nil {
		w.t.Fatal(err)
	}
	return s.Lflag&unix.ECHO != 0 && s.Lflag&unix.ICANON != 0
}

// waits until the program reads letters.
func (w *terminal) waits() {
	w.t.Helper()
	for deadline := time.Now().Add(time.Minute); w.lineMode(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("the terminal stays in its own mode\n%s", w.shown())
		}
	}
}

// start runs the program there, as its foreground.
func (w *terminal) start(env []string, args ...string) *exec.Cmd {
	w.t.Helper()
	return w.run(env, "credential-idcs", args...)
}

func (w *terminal) run(env []string, name string, args ...string) *exec.Cmd {
	w.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.Env = w.tty, w.tty, w.tty, env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd
}

// person is a home with a profile work; %s in more are the domain's client of that kind.
func person(t *testing.T, s *idcstest.Server, more string) (env []string, home string) {
	t.Helper()
	home = t.TempDir()
	folder := filepath.Join(home, ".config", "credential-idcs")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("[profiles.work]\ndomain = %q\nca_file = %q\nscope = \"urn:opc:idm:__myscopes__\"\n%s", s.URL(), s.CAFile, more)
	if err := os.WriteFile(filepath.Join(folder, "config.toml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "TERM=xterm", "TZ=UTC"}, home
}

// The opener says that it has opened a browser, and nothing comes up: the person opens the address on another
// machine and pastes what its browser ends at, longer than a terminal's own line, and in two lines.
func TestAnAddressIsPastedThoughABrowserWasOpened(t *testing.T) {
	w, env, redirect := waitingAt(t)
	cmd := w.start(env, "login")
	w.shows("press Enter")
	w.shows("waiting for the browser")
	w.waits()
	end := strings.Replace(w.answer(redirect), "http:", "https:", 1) + "&session_state=" + strings.Repeat("x", 5000)
	_, _ = io.WriteString(w.keys, end[:4000]+"\n"+end[4000:]+"\n")
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, w.shown())
	}
	w.shows("profile work: logged in as ana@example.com, the token is good until")
	if !w.lineMode() {
		t.Error("the terminal doesn't get its own mode back")
	}
}

// Ctrl-C ends a login that waits, and leaves a terminal as it was.
func TestAnInterruptedLoginLeavesTheTerminalAsItWas(t *testing.T) {
	w, env, _ := waitingAt(t)
	cmd := w.start(env, "login")
	w.shows("waiting for the browser")
	w.waits()
	_, _ = io.WriteString(w.keys, "half an address\x03")
	err := cmd.Wait()
	if e, ok := errors.AsType[*exec.ExitError](err); !ok || e.ExitCode() != 130 {
		t.Errorf("got %v, want exit status 130\n%s", err, w.shown())
	}
	if !w.lineMode() {
		t.Error("the terminal doesn't get its own mode back")
	}
}

// A secret_command may ask the person in login and refresh, before the lock: pinentry and its relatives do. In a
// helper, which may have a terminal too, it has none.
func TestASecretCommandAsksAtATerminal(t *testing.T) {
	s := idcstest.Start(t, idcstest.Options{})
	home := t.TempDir()
	command := filepath.Join(home, "vault")
	script := "#!/bin/sh\nprintf 'PIN: ' >&2\nread -r pin && [ \"$pin\" = 1234 ] || exit 1\necho asked >>" + home + "/asked\nprintf '%s\\n\\n' '" + s.SecretClient.Secret + "'\n"
	if err := os.WriteFile(command, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	env, _ := person(t, s, fmt.Sprintf("client_id = %q\nlogin = \"client_credentials\"\n[profiles.work.client]\nsecret_command = [%q]\n", s.SecretClient.ID, command))
	for _, args := range [][]string{{"login"}, {"refresh"}, {"doctor"}} {
		w := openTerminal(t)
		cmd := w.start(env, args...)
		w.shows("PIN: ")
		_, _ = io.WriteString(w.keys, "1234\n")
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v: %v\n%s", args, err, w.shown())
		}
	}
	asked, err := os.ReadFile(filepath.Join(home, "asked"))
	if err != nil || string(asked) != "asked\nasked\nasked\n" {
		t.Errorf("asked %q, %v: want once for each command", asked, err)
	}
	if err := exec.Command("/bin/sh", "-c", "rm -r "+filepath.Join(strings.TrimPrefix(env[0], "HOME="), ".cache")).Run(); err != nil {
		t.Fatal(err)
	}
	w := openTerminal(t)
	cmd := w.start(env, "token")
	if err := cmd.Wait(); err == nil {
		t.Errorf("token: %v\n%s", err, w.shown())
	}
	w.shows("vault failed: PIN:")
}
