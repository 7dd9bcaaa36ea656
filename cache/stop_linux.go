package cache

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// stopSelf does what the terminal's stop would have done. The kernel doesn't stop a process of an
// orphaned group for TSTP, since nobody would continue it, and so neither does this.
//
// The signal's default action must be put back for it by hand: once os/signal has caught TSTP the
// runtime's handler stays, also after Reset, and drops the signal (runtime.sigdisable,
// https://github.com/golang/go/issues/41996).
func stopSelf() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var byDefault, handler [8]uintptr // struct sigaction is 4 words at most; all zero is SIG_DFL
	if !sigaction(unix.SIGTSTP, &byDefault, &handler) {
		return
	}
	_ = unix.Tgkill(unix.Getpid(), unix.Gettid(), unix.SIGTSTP) // to this thread, so it stops in here
	sigaction(unix.SIGTSTP, &handler, nil)
}

func sigaction(number unix.Signal, action, old *[8]uintptr) bool {
	const setBytes = 8 // of a sigset_t, 16 on mips: there it fails, and nothing stops
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(number),
		uintptr(unsafe.Pointer(action)), uintptr(unsafe.Pointer(old)), setBytes, 0, 0)
	return errno == 0
}
