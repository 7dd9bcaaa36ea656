package share

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/windows"

	"github.com/credential-idcs/credential-idcs/internal/share/sharetest"
)

const (
	reading  = uint32(windows.FILE_SHARE_READ)
	noDelete = reading | windows.FILE_SHARE_WRITE
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// wine reports whether this is Wine, which has its own ways with a file that was deleted or is to be replaced.
func wine() bool {
	return windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil
}

// Whatever another program shares of a file: for a moment it is waited for, and else the error names the reason.
func TestAFileThatAnotherProgramHas(t *testing.T) {
	const scan = 100 * time.Millisecond
	for _, share := range []uint32{0, reading, noDelete} {
		for name, do := range map[string]func(path, other string, patience time.Duration) error{
			"replaced": func(path, other string, patience time.Duration) error { return Rename(other, path, patience) },
			"renamed":  func(path, other string, patience time.Duration) error { return Rename(path, other, patience) },
			"read": func(path, _ string, patience time.Duration) error {
				f, err := Open(path, patience)
				_ = f.Close()
				return err
			},
		} {
			dir := t.TempDir()
			path, other := filepath.Join(dir, "file"), filepath.Join(dir, "other")
			write(t, path, "x")
			write(t, other, "y")
			release := sharetest.Hold(t, path, share)
			if err := do(path, other, time.Millisecond); !Held(err) && !(name == "read" && share&reading != 0 && err == nil) {
				t.Errorf("%s while it is held with share %d: %v", name, share, err)
			}
			time.AfterFunc(scan, release)
			if err := do(path, other, time.Minute); err != nil {
				t.Errorf("%s, held with share %d for a moment: %v", name, share, err)
			}
		}
	}
}

// Who shares a file keeps nobody from anything, and reads what was there.
func TestAFileThatIsShared(t *testing.T) {
	dir := t.TempDir()
	path, other := filepath.Join(dir, "file"), filepath.Join(dir, "other")
	write(t, path, "x")
	write(t, other, "y")
	f, err := Open(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := Rename(other, path, 0); err != nil && wine() {
		t.Skip("Wine replaces no open file: ", err)
	} else if err != nil {
		t.Errorf("replaced: %v", err)
	}
	b := make([]byte, 1)
	if _, err := f.ReadAt(b, 0); err != nil || string(b) != "x" {
		t.Errorf("read: %q, %v", b, err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "y" {
		t.Errorf("in its place: %q, %v", b, err)
	}
}

// A name is free again once whoever still reads the deleted file has closed it.
func TestAFileIsMadeWhereOneWasDeleted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	write(t, path, "x")
	release := sharetest.Hold(t, path, noDelete|windows.FILE_SHARE_DELETE)
	if err := Remove(path); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(100*time.Millisecond, release)
	f, err := Create(path)
	if errors.Is(err, fs.ErrExist) && wine() {
		t.Skip("Wine opens a deleted file: ", err)
	} else if err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	if _, err := Create(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second time: %v", err)
	}
}

// A mark as read-only protects a file from nobody who may replace it, as elsewhere; a rename that fails leaves it.
func TestAFileThatIsReadOnly(t *testing.T) {
	dir := t.TempDir()
	path, other := filepath.Join(dir, "file"), filepath.Join(dir, "other")
	write(t, path, "x")
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	if err := Rename(other, path, 0); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing to rename: %v", err)
	}
	if fi, err := os.Stat(path); err != nil || fi.Mode().Perm()&0o200 != 0 {
		t.Errorf("the mark is gone: %v, %v", fi.Mode(), err)
	}
	write(t, other, "y")
	if err := Rename(other, path, 0); err != nil {
		t.Error(err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "y" {
		t.Errorf("%q, %v", b, err)
	}
}

// What isn't a matter of time is said at once: with this patience the test would not end.
func TestNothingIsWaitedForInVain(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(filepath.Join(dir, "none"), time.Hour); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if err := Rename(filepath.Join(dir, "none"), filepath.Join(dir, "other"), time.Hour); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if err := Remove(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if f, err := Open(dir, time.Hour); err != nil {
		t.Errorf("a folder: %v", err)
	} else {
		_ = f.Close()
	}
}
