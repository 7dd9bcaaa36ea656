//go:build unix

package cache

import (
	"os"
	"os/signal"
	"syscall"
)

// fatal are the signals by which a person, a terminal or a supervisor ends a process.
var fatal = []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}

func notifyStop(c chan<- os.Signal) { signal.Notify(c, syscall.SIGTSTP) }

// stopSelf does what the terminal's stop would have done. The kernel doesn't stop a process of an
// orphaned group for TSTP, and neither does this.
func stopSelf() {
	signal.Reset(syscall.SIGTSTP)
	_ = syscall.Kill(os.Getpid(), syscall.SIGTSTP)
}
