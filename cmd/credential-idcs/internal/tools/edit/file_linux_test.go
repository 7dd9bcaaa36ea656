package edit

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func textFile(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o640); err != nil {
		t.Fatal(err)
	}
	return path
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// What somebody else saves in the last moment, behind our last look, comes back.
func TestAnEditInTheLastMomentIsNotLost(t *testing.T) {
	path := textFile(t, "f", "theirs, of just now")
	temp := filepath.Join(filepath.Dir(path), "temp")
	if err := os.WriteFile(temp, []byte("ours"), 0o600); err != nil {
		t.Fatal(err)
	}
	if ok, err := swap(temp, path); !ok || err != nil {
		t.Skip("the file system can't exchange files")
	} else if _, err := swap(temp, path); err != nil {
		t.Fatal(err)
	}
	c := Change{Path: path, Before: []byte("theirs, of before"), After: []byte("ours")}
	changed := new(Changed)
	if err := c.exchange(temp, path); !errors.As(err, &changed) {
		t.Errorf("got %v", err)
	}
	if got := content(t, path); got != "theirs, of just now" {
		t.Errorf("got %q", got)
	}
	c.Before = []byte("theirs, of just now")
	if err := c.exchange(temp, path); err != nil || content(t, path) != "ours" {
		t.Errorf("got %v, %q", err, content(t, path))
	}
}

func TestExtendedAttributesSurvive(t *testing.T) {
	path := textFile(t, "f", "before")
	if err := unix.Setxattr(path, "user.note", []byte("mine"), 0); err != nil {
		t.Skip(err)
	}
	if err := (Change{Path: path, Before: []byte("before"), After: []byte("after")}).Apply(); err != nil {
		t.Fatal(err)
	}
	value := make([]byte, 9)
	n, err := unix.Getxattr(path, "user.note", value)
	if err != nil || string(value[:n]) != "mine" || content(t, path) != "after" {
		t.Errorf("got %q, %v, %q", value[:max(n, 0)], err, content(t, path))
	}
}

func TestAllNamesOfAFileSurvive(t *testing.T) {
	path := textFile(t, "f", "before, and longer")
	other := filepath.Join(filepath.Dir(path), "other")
	if err := os.Link(path, other); err != nil {
		t.Fatal(err)
	}
	if err := (Change{Path: path, Before: []byte("before, and longer"), After: []byte("after")}).Apply(); err != nil {
		t.Fatal(err)
	}
	a, err1 := os.Stat(path)
	b, err2 := os.Stat(other)
	if err := errors.Join(err1, err2); err != nil || !os.SameFile(a, b) || content(t, other) != "after" || a.Mode().Perm() != 0o640 {
		t.Errorf("got %v, %q, %v", err, content(t, other), a.Mode())
	}
}

// A signal that comes while a file is written ends the program only when nothing temporary is left.
func TestSignalsLeaveNothingBehind(t *testing.T) {
	if dir := os.Getenv("EDIT_TEST_SIGNAL"); dir != "" {
		unlock, err := WaitLock(filepath.Join(dir, "lock"), 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := (Change{Path: filepath.Join(dir, "f"), After: []byte("x")}).Apply(); err != nil {
			t.Fatal(err)
		}
		unlock()
		select {} // the signal ends it
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run", "^TestSignalsLeaveNothingBehind$")
	cmd.Env = append(os.Environ(), "EDIT_TEST_SIGNAL="+dir)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
		t.Fatalf("got %v: %s", err, out)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 || left[0].Name() != "f" {
		t.Errorf("left: %v, %v", left, err)
	}
}
