//go:build unix && !linux

package signin

import "golang.org/x/sys/unix"

const getTermios, setTermios, setTermiosFlush = unix.TIOCGETA, unix.TIOCSETA, unix.TIOCSETAF

// noKey is _POSIX_VDISABLE: no key has that function.
const noKey = 0xff
