package edit

import (
	"errors"

	"golang.org/x/sys/unix"
)

// swap exchanges two files in one step; false: the file system can't.
func swap(a, b string) (ok bool, err error) {
	err = unix.RenamexNp(a, b, unix.RENAME_SWAP)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.ENOTSUP) {
		return false, nil
	}
	return err == nil, err
}
