//go:build unix

package edit

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// keepOwnerAndMode gives the new file the old one's owner and mode. If root edits a person's file, the person couldn't read
// it otherwise.
func keepOwnerAndMode(f *os.File, old fs.FileInfo) error {
	st := old.Sys().(*syscall.Stat_t)
	now, err := f.Stat()
	if err != nil {
		return err
	}
	mine := now.Sys().(*syscall.Stat_t)
	if st.Uid != mine.Uid || st.Gid != mine.Gid {
		if err := f.Chown(int(st.Uid), int(st.Gid)); err != nil && st.Uid != mine.Uid {
			return err // another group alone is no reason to fail
		}
	}
	return f.Chmod(old.Mode().Perm())
}

// syncFolder makes a rename durable. Some file systems can't sync a folder and return EINVAL.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOTSUP) {
		return err
	}
	return nil
}

// severalNames reports whether a file has more than one name (hard links).
func severalNames(fi fs.FileInfo) bool {
	st, ok := fi.Sys().(*syscall.Stat_t)
	return ok && st.Nlink > 1
}

// Writable reports whether files of a folder can be replaced.
func Writable(dir string) bool { return unix.Access(dir, unix.W_OK) == nil }
