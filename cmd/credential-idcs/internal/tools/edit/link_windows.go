package edit

import (
	"os"
	"path/filepath"
	"strconv"
)

const hardLinks = true

// makeLink makes a symbolic link, which stays right after an upgrade. If the person has no right to make one, it makes a
// hard link, as install.ps1 does.
func makeLink(program, path string) error {
	if os.Symlink(program, path) == nil && sameFile(program, path) {
		return nil
	}
	_ = os.Remove(path)
	return os.Link(program, path)
}

// dropLink removes a link. Windows deletes no name of a running program, but moves it: then it becomes a temporary file.
func dropLink(path string) error {
	err := os.Remove(path)
	if err == nil {
		return nil
	}
	away := filepath.Join(os.TempDir(), filepath.Base(path)+"."+strconv.Itoa(os.Getpid())+".old")
	if os.Rename(path, away) != nil {
		return err
	}
	return nil
}

// sameFile reports whether a link leads to the right file, which Wine's links don't.
func sameFile(a, b string) bool {
	fa, err1 := os.Stat(a)
	fb, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(fa, fb)
}
