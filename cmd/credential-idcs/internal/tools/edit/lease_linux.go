package edit

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// leaseWait is how long a program may take to write what it has opened.
const leaseWait = 3 * time.Second

// A lease makes whoever opens a file wait until it ends, see fcntl(2): those that want to write, or all. A
// file system without leases, or a file of somebody else, has to do without.
type lease struct {
	f    *os.File
	kind int // what is held
}

// noWriter waits until nobody has f open for writing, and holds such off.
func noWriter(f *os.File) *lease { return take(f, unix.F_RDLCK) }

// alone waits until nobody else has f open, and holds all off.
func alone(f *os.File) *lease { return take(f, unix.F_WRLCK) }

func take(f *os.File, kind int) *lease {
	for deadline := time.Now().Add(leaseWait); ; time.Sleep(200 * time.Microsecond) {
		_, err := unix.FcntlInt(f.Fd(), unix.F_SETLEASE, kind)
		switch {
		case err == nil:
			return &lease{f, kind}
		case !errors.Is(err, unix.EAGAIN) || time.Now().After(deadline):
			return &lease{f, unix.F_UNLCK}
		}
	}
}

// disturbed reports whether somebody waits for its end.
func (l *lease) disturbed() bool {
	if l.kind == unix.F_UNLCK {
		return false
	}
	now, err := unix.FcntlInt(l.f.Fd(), unix.F_GETLEASE, 0)
	return err != nil || now != l.kind
}

func (l *lease) end() { _, _ = unix.FcntlInt(l.f.Fd(), unix.F_SETLEASE, unix.F_UNLCK) }
