package edit

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"golang.org/x/sys/unix"
)

// What others save in the moment of the exchange, by a rename or through a file that they have open, is not
// lost, nor is what yet another one saves over ours before we have noticed.
func TestAnEditAtTheExchangeIsNotLost(t *testing.T) {
	for name, c := range map[string]struct {
		was, writes, replaces, want string
		fails                       bool
	}{
		"nobody does anything":      {"before", "", "", "ours", false},
		"it is replaced":            {"theirs", "", "", "theirs", true},
		"it is written":             {"before", "theirs", "", "theirs", true},
		"ours is replaced":          {"before", "", "another's", "another's", false},
		"both are replaced":         {"theirs", "", "another's", "another's", true},
		"written, ours is replaced": {"before", "theirs", "another's", "another's", true},
		"with the same":             {"theirs", "", "theirs", "theirs", true},
	} {
		t.Run(name, func(t *testing.T) {
			temp := textFile(t, "f.tmp", c.was) // the exchange is done
			path := filepath.Join(filepath.Dir(temp), "f")
			needLeases(t, temp)
			if err := os.WriteFile(path, []byte("ours"), 0o600); err != nil {
				t.Fatal(err)
			}
			if c.replaces != "" {
				if err := os.Rename(textFile(t, "other", c.replaces), path); err != nil {
					t.Fatal(err)
				}
			}
			looked := temp
			if c.was != "before" {
				looked = textFile(t, "looked", "before")
			}
			f, err := os.Open(looked)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			hold, written := noWriter(f), make(chan error, 1)
			defer hold.end()
			if c.writes == "" {
				written <- nil
			} else {
				// A process of its own: a signal to this one would make it look the name up again.
				cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", `printf %s "$1" >"$2"`, "sh", c.writes, temp)
				go func() { written <- cmd.Run() }()
				for !hold.disturbed() { // it has found the file, and waits to open it
					runtime.Gosched()
				}
			}
			err = (Change{Path: path, Before: []byte("before"), After: []byte("ours")}).confirm(f, temp, path, hold)
			if changed := new(Changed); errors.As(err, &changed) != c.fails || err != nil && !c.fails {
				t.Errorf("got %v", err)
			}
			if err := <-written; err != nil {
				t.Fatal(err)
			}
			if got := content(t, path); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// Nothing moves while somebody writes the file, and it isn't read then either.
func TestAFileThatIsBeingWrittenIsNotTouched(t *testing.T) {
	path := textFile(t, "f", "before")
	needLeases(t, path)
	editor, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		t.Fatal(err)
	}
	done, read := make(chan error, 1), make(chan string, 1)
	go func() { done <- (Change{Path: path, Before: []byte{}, After: []byte("ours")}).Apply() }()
	go func() {
		b, _ := Read(path)
		read <- string(b)
	}()
	for staged := []string(nil); len(staged) == 0; {
		staged, _ = filepath.Glob(path + ".*.tmp")
	}
	select {
	case err := <-done:
		t.Fatalf("it didn't wait: %v", err)
	case got := <-read:
		t.Fatalf("half of it was read: %q", got)
	default:
	}
	if _, err := editor.WriteString("theirs"); err != nil {
		t.Fatal(err)
	}
	_ = editor.Close()
	if changed := new(Changed); !errors.As(<-done, &changed) || content(t, path) != "theirs" {
		t.Errorf("got %q", content(t, path))
	}
	if got := <-read; got != "theirs" {
		t.Errorf("read %q", got)
	}
	if left, _ := filepath.Glob(path + ".*"); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

// The same where a file that held nothing but ours goes.
func TestARemovedFileComesBackIfItIsEdited(t *testing.T) {
	path := textFile(t, "f", "ours")
	needLeases(t, path)
	editor, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- (Change{Path: path, Before: []byte("ours")}).Apply() }()
	for Exists(path) {
		select {
		case err := <-done:
			t.Fatalf("it didn't wait: %v", err)
		default:
		}
	}
	if _, err := editor.WriteString(" and theirs"); err != nil {
		t.Fatal(err)
	}
	_ = editor.Close()
	if changed := new(Changed); !errors.As(<-done, &changed) || content(t, path) != "ours and theirs" {
		t.Errorf("got %q", content(t, path))
	}
}

// A file of several names is written in place, and not while somebody else writes it.
func TestAnEditOfAFileWithSeveralNamesIsNotLost(t *testing.T) {
	path := textFile(t, "f", "before")
	needLeases(t, path)
	other := filepath.Join(filepath.Dir(path), "other")
	if err := os.Link(path, other); err != nil {
		t.Fatal(err)
	}
	editor, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		done <- (Change{Path: path, Before: []byte("before"), After: []byte("ours, which is longer")}).Apply()
	}()
	for staged := []string(nil); len(staged) == 0; {
		staged, _ = filepath.Glob(path + ".*.tmp")
	}
	// The editor takes its time, of which ours would be done with the file.
	for range 1000 {
		_ = content(t, other)
	}
	if _, err := editor.WriteString("THEIRS"); err != nil {
		t.Fatal(err)
	}
	_ = editor.Close()
	if changed := new(Changed); !errors.As(<-done, &changed) || content(t, path) != "THEIRS" {
		t.Errorf("got %q", content(t, path))
	}
}

// needLeases needs a file system that exchanges two files, and tells when another program opens one.
func needLeases(t *testing.T, path string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_RDLCK); err != nil {
		need.Missing(t, "a file system with leases ("+err.Error()+")")
	}
	if ok, _ := swap(path, path); !ok {
		need.Missing(t, "a file system that exchanges two files")
	}
}
