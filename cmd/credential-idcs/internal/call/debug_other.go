//go:build !unix

package call

import (
	"errors"
	"os"
)

// openLog opens a file to append to, or makes it. The access list of its folder says who may read it.
func openLog(path string) (*os.File, error) {
	if fi, err := os.Lstat(path); err == nil && !fi.Mode().IsRegular() {
		return nil, errors.New("it is no regular file")
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, errors.New("it can't be opened")
	}
	return f, nil
}
