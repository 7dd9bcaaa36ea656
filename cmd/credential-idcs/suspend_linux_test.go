package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// Ctrl-Z gives the terminal back as it was, and fg takes it again, also under a shell that sets no modes.
func TestASuspendedLoginLeavesTheTerminalAsItWas(t *testing.T) {
	w, env, redirect := waitingAt(t)
	cmd := w.run(env, "/bin/sh", "-c", "set -m; credential-idcs login; echo suspended; read line; echo \"read $line\"; fg >/dev/null; echo status $?")
	w.shows("waiting for the browser")
	w.waits()
	_, _ = io.WriteString(w.keys, "half an address\x1a")
	w.shows("suspended")
	if !w.lineMode() {
		t.Fatalf("the terminal doesn't get its own mode back\n%s", w.shown())
	}
	_, _ = io.WriteString(w.keys, "words\n")
	w.shows("read words")
	w.waits()
	_, _ = io.WriteString(w.keys, "\x15"+w.answer(redirect)+"\n")
	w.shows("status 0")
	_ = cmd.Wait()
	if !w.lineMode() {
		t.Error("the terminal doesn't get its own mode back")
	}
}

// A signal from elsewhere stops it without a word, and fg takes the terminal again.
func TestALoginStoppedFromElsewhereTakesTheTerminalAgain(t *testing.T) {
	w, env, redirect := waitingAt(t)
	cmd := w.run(env, "/bin/sh", "-c", "set -m; credential-idcs login; stty sane; echo suspended; read line; fg >/dev/null; echo status $?")
	w.shows("waiting for the browser")
	w.waits()
	front, err := unix.IoctlGetInt(int(w.keys.Fd()), unix.TIOCGPGRP)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Kill(-front, unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	w.shows("suspended")
	_, _ = io.WriteString(w.keys, "words\n")
	w.waits()
	_, _ = io.WriteString(w.keys, w.answer(redirect)+"\n")
	w.shows("status 0")
	_ = cmd.Wait()
	if !w.lineMode() {
		t.Error("the terminal doesn't get its own mode back")
	}
}

// After Ctrl-Z and bg the login goes on: it reads nothing that is the shell's, which would stop it, and ends when the
// browser comes.
func TestASuspendedLoginGoesOnInTheBackground(t *testing.T) {
	w, env, redirect := waitingAt(t)
	cmd := w.run(env, "/bin/sh", "-c", "set -m; credential-idcs login; echo suspended; bg >/dev/null; read line; echo \"read $line\"; wait %1; echo status $?")
	w.shows("waiting for the browser")
	w.waits()
	_, _ = io.WriteString(w.keys, "half an address\x1a")
	w.shows("suspended")
	_, _ = io.WriteString(w.keys, "words\n")
	w.shows("read words")
	w.browserComes(w.answer(redirect))
	w.shows("logged in as ana@example.com")
	w.shows("status 0")
	_ = cmd.Wait()
	if !w.lineMode() {
		t.Error("the terminal doesn't get its own mode back")
	}
}

// Under a shell that can't continue it Ctrl-Z stops nothing, as everywhere.
func TestASuspendedLoginWithoutAShellGoesOn(t *testing.T) {
	w, env, redirect := waitingAt(t)
	cmd := w.start(env, "login")
	w.shows("waiting for the browser")
	w.waits()
	_, _ = io.WriteString(w.keys, "\x1a"+w.answer(redirect)+"\n")
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, w.shown())
	}
	w.shows("logged in as ana@example.com")
}

// A terminal stops a program that reads or sets it from the background. So a login there leaves it alone, says what
// to do for a paste, takes one after fg, and ends in the background when the browser comes.
func TestALoginInTheBackgroundLeavesTheTerminalAlone(t *testing.T) {
	for _, front := range []bool{false, true} {
		w, env, redirect := waitingAt(t)
		script := "set -m; credential-idcs login & read line; echo \"read $line\"; wait %1; echo status $?"
		if front {
			script = "set -m; credential-idcs login & read line; echo \"read $line\"; fg >/dev/null; echo status $?"
		}
		cmd := w.run(env, "/bin/sh", "-c", script)
		w.shows("bring this login to the foreground (fg), paste its full address here and press Enter")
		w.shows("waiting for the browser")
		if !w.lineMode() {
			t.Fatalf("it takes the terminal:\n%s", w.shown())
		}
		_, _ = io.WriteString(w.keys, "words\n")
		w.shows("read words")
		if front {
			w.waits()
			_, _ = io.WriteString(w.keys, w.answer(redirect)+"\n")
		} else {
			w.browserComes(w.answer(redirect))
		}
		w.shows("logged in as ana@example.com")
		w.shows("status 0")
		_ = cmd.Wait()
		if !w.lineMode() {
			t.Error("the terminal doesn't get its own mode back")
		}
	}
}

// A password isn't shown after Ctrl-Z and fg either, whatever the shell has set in between.
func TestAPasswordIsNotShownAfterCtrlZ(t *testing.T) {
	s := idcstest.Start(t, idcstest.Options{})
	env, home := person(t, s, fmt.Sprintf("client_id = %q\nlogin = \"password\"\nusername = \"ana@example.com\"\n[profiles.work.client]\nsecret_file = \"s\"\n", s.SecretClient.ID))
	if err := os.WriteFile(filepath.Join(home, ".config", "credential-idcs", "s"), []byte(s.SecretClient.Secret), 0o600); err != nil {
		t.Fatal(err)
	}
	w := openTerminal(t)
	cmd := w.run(env, "/bin/sh", "-c", "set -m; credential-idcs login; stty sane; echo suspended; fg >/dev/null; echo status $?")
	w.shows("Password")
	w.waits()
	_, _ = io.WriteString(w.keys, "\x1a")
	w.shows("suspended")
	w.waits()
	_, _ = io.WriteString(w.keys, "not to be seen\n")
	w.shows("status ")
	_ = cmd.Wait()
	if strings.Contains(w.shown(), "to be seen") || !w.lineMode() {
		t.Errorf("line mode %v, and it is shown:\n%s", w.lineMode(), w.shown())
	}
}

// waitingAt is a terminal, and a profile whose login waits for a browser that never comes.
func waitingAt(t *testing.T) (w *terminal, env []string, redirect string) {
	t.Helper()
	s := idcstest.Start(t, idcstest.Options{})
	port, err := idcstest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	redirect = fmt.Sprintf("http://127.0.0.1:%d/callback", port)
	c := s.PublicClient
	c.RedirectURIs = append(c.RedirectURIs, redirect)
	if err := s.AddClient(c); err != nil {
		t.Fatal(err)
	}
	env, _ = person(t, s, fmt.Sprintf("client_id = %q\nlogin = \"browser\"\nredirect_url = %q\n", c.ID, redirect))
	return openTerminal(t), append(env, "BROWSER=true"), redirect
}

// answer is where a browser elsewhere ends that opens the address on the screen.
func (w *terminal) answer(redirect string) string {
	w.t.Helper()
	address := regexp.MustCompile(`\thttps://\S+`).FindString(w.shown())
	elsewhere := &http.Client{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}, //nolint:gosec // a test's
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := elsewhere.Get(strings.TrimSpace(address))
	if err != nil {
		w.t.Fatal(err)
	}
	resp.Body.Close()
	end := resp.Header.Get("Location")
	if !strings.HasPrefix(end, redirect) {
		w.t.Fatalf("the browser ends at %s", end)
	}
	return end
}

// browserComes is a browser on this machine.
func (w *terminal) browserComes(address string) {
	w.t.Helper()
	here := &http.Client{Timeout: time.Minute}
	resp, err := here.Get(address)
	if err != nil {
		w.t.Fatalf("%v\n%s", err, w.shown())
	}
	resp.Body.Close()
}
