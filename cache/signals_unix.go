//go:build unix

package cache

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// fatal are the signals by which a person, a terminal or a supervisor ends a process.
var fatal = []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}

func notifyStop(c chan<- os.Signal) { signal.Notify(c, syscall.SIGTSTP) }

// stopSelf does what the terminal's stop would have done. It sends STOP and not TSTP, since Go keeps
// its handler for a TSTP that was caught once (runtime.sigdisable), whatever signal.Reset is asked.
func stopSelf() {
	if !orphanedGroup() {
		_ = unix.Kill(os.Getpid(), unix.SIGSTOP)
	}
}

// orphanedGroup reports whether no shell watches over our process group, as in a container whose
// first process is git. The kernel stops no such group for TSTP: nobody would continue it
// (POSIX 2.4.3, orphaned process group).
func orphanedGroup() bool {
	group, _ := unix.Getpgid(0)
	session, _ := unix.Getsid(0)
	for parent := os.Getppid(); ; {
		if g, err := unix.Getpgid(parent); parent == 0 || err != nil || g != group {
			s, err := unix.Getsid(parent)
			return parent == 0 || err != nil || s != session
		}
		next, ok := parentOf(parent)
		if !ok {
			return false // can't be told here; the group has a shell nearly always
		}
		parent = next
	}
}
