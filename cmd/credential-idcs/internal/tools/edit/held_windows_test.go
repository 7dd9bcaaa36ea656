package edit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/windows"

	"github.com/credential-idcs/credential-idcs/internal/share/sharetest"
)

// A virus scanner that has a configuration open for a moment is waited for; a program that keeps it is named as the
// reason, and nothing is left beside the file.
func TestAFileThatAnotherProgramHasOpen(t *testing.T) {
	for _, share := range []uint32{0, windows.FILE_SHARE_READ, windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE} {
		dir := t.TempDir()
		path := filepath.Join(dir, "config.json")
		if err := os.WriteFile(path, []byte("before\r\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		change := Change{Path: path, Before: []byte("before\r\n"), After: []byte("after\r\n")}
		release := sharetest.Hold(t, path, share)
		if err := change.Apply(); err == nil || !strings.Contains(err.Error(), "another program has it open") {
			t.Errorf("share %d, for good: %v", share, err)
		}
		time.AfterFunc(200*time.Millisecond, release)
		if err := change.Apply(); err != nil {
			t.Errorf("share %d, for a moment: %v", share, err)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != "after\r\n" {
			t.Errorf("share %d: %q, %v", share, b, err)
		}
		if list, err := os.ReadDir(dir); err != nil || len(list) != 1 {
			t.Errorf("share %d: left %v, %v", share, list, err)
		}
	}
}

// A file that is marked as read-only is edited, and stays so.
func TestAFileThatIsMarkedAsReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(path, []byte("before"), 0o400); err != nil {
		t.Fatal(err)
	}
	for _, c := range []Change{{Path: path, Before: []byte("before"), After: []byte("after")}, {Path: path, Before: []byte("after"), After: []byte("before")}} {
		if err := c.Apply(); err != nil {
			t.Fatal(err)
		}
		fi, err := os.Stat(path)
		if err != nil || fi.Mode().Perm()&0o200 != 0 {
			t.Errorf("%v, %v", fi.Mode(), err)
		}
	}
	if list, err := os.ReadDir(filepath.Dir(path)); err != nil || len(list) != 1 {
		t.Errorf("left %v, %v", list, err)
	}
}
