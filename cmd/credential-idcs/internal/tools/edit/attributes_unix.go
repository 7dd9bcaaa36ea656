//go:build linux || darwin

package edit

import (
	"errors"
	"strings"

	"golang.org/x/sys/unix"
)

// copyAttributes gives a file the extended attributes of another, such as access lists. One that may not be set, such as a
// security label, is skipped: the system sets it.
func copyAttributes(from, to string) error {
	size, err := unix.Listxattr(from, nil)
	if err != nil || size == 0 {
		return nil // none, or a file system without them
	}
	names := make([]byte, size)
	if size, err = unix.Listxattr(from, names); err != nil {
		return err
	}
	for _, name := range strings.Split(strings.TrimSuffix(string(names[:size]), "\x00"), "\x00") {
		length, err := unix.Getxattr(from, name, nil)
		if err != nil {
			continue
		}
		value := make([]byte, length)
		if length, err = unix.Getxattr(from, name, value); err != nil {
			continue
		}
		err = unix.Setxattr(to, name, value[:length], 0)
		if err != nil && !errors.Is(err, unix.EPERM) && !errors.Is(err, unix.EACCES) && !errors.Is(err, unix.ENOTSUP) && !errors.Is(err, unix.EINVAL) {
			return err
		}
	}
	return nil
}
