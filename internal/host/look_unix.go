//go:build unix

package host

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"
)

// access asks the system, which considers access lists and mounts. If it can't answer, the mode decides.
func access(file string, mode fs.FileMode) error {
	err := unix.Faccessat(unix.AT_FDCWD, file, unix.X_OK, unix.AT_EACCESS)
	if err == nil || !errors.Is(err, unix.ENOSYS) && !errors.Is(err, unix.EPERM) {
		return err
	}
	if mode&0o111 == 0 {
		return fs.ErrPermission
	}
	return nil
}
