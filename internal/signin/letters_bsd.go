//go:build unix && !linux

package signin

import "golang.org/x/sys/unix"

const getTermios, setTermios, setTermiosFlush = unix.TIOCGETA, unix.TIOCSETA, unix.TIOCSETAF

// noKey is _POSIX_VDISABLE: no letter has that meaning.
const noKey = 0xff
