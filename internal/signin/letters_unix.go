//go:build unix

package signin

import (
	"errors"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// errBackground says that the terminal is somebody else's for now.
var errBackground = errors.New("not in the foreground")

// letterMode takes a terminal out of its line mode and turns its echo off. Ctrl-C and Ctrl-Z go on
// working, and after the latter, when the shell has set the terminal its own way, it is done again.
// restore brings back what was, and drops what nobody has read: the rest of an address that was pasted
// too late must not become a command of the shell.
func letterMode(f *os.File) (restore func(), err error) {
	fd := int(f.Fd())
	// From the background both asking and setting would stop us (SIGTTOU).
	if !inFront(f) {
		return nil, errBackground
	}
	before, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return nil, err
	}
	letters := *before
	letters.Lflag &^= unix.ICANON | unix.ECHO
	letters.Cc[unix.VMIN], letters.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(fd, setTermios, &letters); err != nil {
		return nil, err
	}
	again, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(again, syscall.SIGCONT)
	go func() {
		defer close(done)
		for range again {
			if inFront(f) {
				_ = unix.IoctlSetTermios(fd, setTermios, &letters)
			}
		}
	}()
	return func() {
		signal.Stop(again)
		close(again)
		<-done
		_ = unix.IoctlSetTermios(fd, setTermiosFlush, before)
	}, nil
}

// inFront reports whether a terminal would let us read: a program in the background is stopped. One
// that isn't our session's stops nobody.
func inFront(f *os.File) bool {
	front, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	return err != nil || front == unix.Getpgrp()
}
