package edit

import (
	"io/fs"
	"os"
)

// keepOwnerAndMode keeps a mark as read-only. A new file inherits the access list of its folder, which is what the
// old one had.
func keepOwnerAndMode(f *os.File, old fs.FileInfo) error {
	if old.Mode().Perm()&0o200 != 0 {
		return nil
	}
	return f.Chmod(old.Mode().Perm())
}

// syncFolder has nothing to do: NTFS journals a rename by itself.
func syncFolder(string) error { return nil }

// severalNames is always false: a FileInfo doesn't tell it here.
func severalNames(fs.FileInfo) bool { return false }

// Writable is always true: modes don't tell it here, and writing will fail if it isn't.
func Writable(string) bool { return true }
