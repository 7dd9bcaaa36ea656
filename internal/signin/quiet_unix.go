//go:build unix

package signin

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// stayQuiet turns a terminal's echo off again when the program continues after Ctrl-Z, since the shell turns it on. stop
// reports whether that happened.
func stayQuiet(f *os.File) (stop func() (again bool)) {
	continued, done, again := make(chan os.Signal, 1), make(chan struct{}), false
	signal.Notify(continued, syscall.SIGCONT)
	go func() {
		defer close(done)
		for range continued {
			fd := int(f.Fd())
			if !inFront(f) {
				continue
			}
			if s, err := unix.IoctlGetTermios(fd, getTermios); err == nil {
				s.Lflag &^= unix.ECHO
				again = unix.IoctlSetTermios(fd, setTermios, s) == nil
			}
		}
	}()
	return func() bool {
		signal.Stop(continued)
		close(continued)
		<-done
		return again
	}
}
