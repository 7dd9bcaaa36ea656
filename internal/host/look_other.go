//go:build !unix

package host

import "io/fs"

// access accepts every file: here its name decides.
func access(string, fs.FileMode) error { return nil }
