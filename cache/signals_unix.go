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
