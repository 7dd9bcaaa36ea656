//go:build unix

package call

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// openLog opens a file to append to, or makes it with mode 0600. It checks the opened file, not the name: somebody
// else may have put a file or a link there, and the variable may name a file that is no log, such as the stored
// tokens. O_NONBLOCK is for a fifo without a reader.
func openLog(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_NOCTTY, 0o600)
	switch {
	case errors.Is(err, unix.ELOOP):
		return nil, errors.New("it is a link")
	case errors.Is(err, os.ErrPermission):
		return nil, errors.New("permission denied")
	case err != nil:
		return nil, errors.New("it can't be opened")
	}
	if err := ourLog(f); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

func ourLog(f *os.File) error {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return errors.New("it can't be looked at")
	}
	switch {
	case st.Mode&unix.S_IFMT != unix.S_IFREG:
		return errors.New("it is no regular file")
	case int(st.Uid) != unix.Geteuid():
		return errors.New("it belongs to another user")
	case st.Nlink != 1:
		return errors.New("it has another name, too")
	case st.Mode&0o077 != 0:
		return errors.New("it is open to others; chmod 600 mends that")
	case st.Size > 0 && !isLog(f):
		return errors.New("it holds something else")
	case st.Mode&0o600 != 0o600: // made under a strange umask: the next call must be able to open it
		return f.Chmod(0o600)
	}
	return nil
}

// isLog reports whether a file begins as a log of ours does.
func isLog(f *os.File) bool {
	b := make([]byte, len(logHead))
	_, err := f.ReadAt(b, 0)
	return err == nil && string(b) == logHead
}
