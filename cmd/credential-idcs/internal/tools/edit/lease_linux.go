package edit

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// leaseWait is how long a program may take to write what it has opened.
const leaseWait = 3 * time.Second

// A lease makes programs that open a file wait until it ends, see fcntl(2): all, or those that want to write. There is none
// on a file system without leases, or for another user's file; then its kind is F_UNLCK.
type lease struct {
	f    *os.File
	kind int // F_RDLCK, F_WRLCK or F_UNLCK
}

// noWriter waits until no program has f open for writing, and lets none open it for that.
func noWriter(f *os.File) *lease { return take(f, unix.F_RDLCK) }

// alone waits until no other program has f open, and lets none open it.
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

// disturbed reports whether a program waits for the end of the lease.
func (l *lease) disturbed() bool {
	if l.kind == unix.F_UNLCK {
		return false
	}
	now, err := unix.FcntlInt(l.f.Fd(), unix.F_GETLEASE, 0)
	return err != nil || now != l.kind
}

func (l *lease) end() { _, _ = unix.FcntlInt(l.f.Fd(), unix.F_SETLEASE, unix.F_UNLCK) }
