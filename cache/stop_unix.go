//go:build unix && !linux

package cache

import (
	"os"

	"golang.org/x/sys/unix"
)

// stopSelf does what the terminal's stop would have done. STOP does it, because the runtime drops
// TSTP once os/signal has caught it; so it is for us to see that somebody is there who could
// continue us, a parent in our session.
func stopSelf() {
	ours, err := unix.Getsid(0)
	if err != nil {
		return
	}
	if theirs, err := unix.Getsid(os.Getppid()); err == nil && theirs == ours {
		_ = unix.Kill(os.Getpid(), unix.SIGSTOP)
	}
}
