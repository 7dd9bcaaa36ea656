//go:build unix

package edit

import (
	"os"
	"syscall"
)

// ending are the signals by which a person, or a closing terminal, ends a program.
var ending = []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}

// endBy sends a signal again, now that nothing holds it.
func endBy(s os.Signal) { _ = syscall.Kill(os.Getpid(), s.(syscall.Signal)) }
