package edit

import (
	"io/fs"
	"os"
)

// keepOwnerAndMode has nothing to do: a new file inherits the access list of its folder, as the old one did.
func keepOwnerAndMode(*os.File, fs.FileInfo) error { return nil }

// syncFolder has nothing to do: NTFS journals a rename by itself.
func syncFolder(string) error { return nil }

// severalNames is always false: a FileInfo doesn't tell it here.
func severalNames(fs.FileInfo) bool { return false }

// Writable is always true: modes don't tell it here, and writing will fail if it isn't.
func Writable(string) bool { return true }
