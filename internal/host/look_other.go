//go:build !unix

package host

import "io/fs"

// access is decided by a file's name here.
func access(string, fs.FileMode) error { return nil }
