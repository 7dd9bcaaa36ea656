package cache

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A refresh token from elsewhere isn't sent where nobody can see whether it belongs to another login.
func TestAGivenTokenIsntSentFromAFolderThatCantBeRead(t *testing.T) {
	dir, _ := clocked(t)
	plant(t, dir, "a", "r", time.Minute, time.Hour)
	asSomebody(t, dir.path)
	if err := os.Chmod(dir.path, 0o300); err != nil {
		t.Fatal(err)
	}
	sent := 0
	_, err := dir.again(t).Exchange(t.Context(), testKey, text("given"), giving(aToken("b", "s"), &sent))
	if e, ok := errors.AsType[*FolderError](err); !ok || e.Path != dir.path || sent != 0 {
		t.Errorf("got %v, sent %d times", err, sent)
	}
	if err := os.Chmod(dir.path, 0o700); err != nil {
		t.Fatal(err)
	}
}

// asSomebody has the test's own thread read and write files as a user whom modes bind, who owns the folder.
func asSomebody(t *testing.T, folder string) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	const nobody = 65534
	for p := folder; strings.HasPrefix(p, os.TempDir()+"/"); p = filepath.Dir(p) {
		if err := os.Chmod(p, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Chown(path, nobody, nobody))
	})
	if err != nil {
		t.Fatal(err)
	}
	runtime.LockOSThread()
	if err := syscall.Setfsuid(nobody); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Setfsuid(0); err != nil {
			t.Fatal(err)
		}
		runtime.UnlockOSThread()
	})
}
