package signin

import "golang.org/x/sys/unix"

const getTermios, setTermios, setTermiosFlush = unix.TCGETS, unix.TCSETS, unix.TCSETSF

// noKey is _POSIX_VDISABLE: no key has that function.
const noKey = 0
