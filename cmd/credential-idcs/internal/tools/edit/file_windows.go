package edit

import (
	"io/fs"
	"os"
)

// A new file inherits the access list of its folder, which is what the old one had.
func keepOwnerAndMode(*os.File, fs.FileInfo) error { return nil }

// NTFS journals a rename by itself.
func syncFolder(string) error { return nil }

// severalNames isn't told by what the system says of a file here.
func severalNames(fs.FileInfo) bool { return false }

// Writable isn't told by modes here: writing will tell.
func Writable(string) bool { return true }
