package need

import (
	"os"
	"runtime"
	"testing"
)

// Symlink makes a symbolic link at path. On Windows, where that is a right of some users only, the test is skipped
// without it.
func Symlink(t testing.TB, target, path string) {
	t.Helper()
	err := os.Symlink(target, path)
	switch {
	case err == nil:
	case runtime.GOOS == "windows":
		t.Skip(err)
	default:
		t.Fatal(err)
	}
}
