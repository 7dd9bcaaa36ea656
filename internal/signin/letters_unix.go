//go:build unix

package signin

import (
	"bytes"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// poll is how long a program in the background takes at most to see that it is in the foreground again.
const poll = 200 * time.Millisecond

// letters is a terminal whose letters are read as they are typed, and not shown by it, whenever this program is
// in the foreground. Ctrl-C goes on working, and so do Ctrl-Z, bg and fg: the shell gets the terminal as it was,
// and in the background it is neither read nor set, since either would stop the program.
type letters struct {
	f *os.File

	mu            sync.Mutex
	before, after unix.Termios // set once, when first taken
	seen          bool         // before and after are set
	taken, ended  bool

	typed     []byte // what was read behind a Ctrl-Z
	suspended bool   // it comes before typed
	continued chan os.Signal
}

// takeLetters takes a terminal out of its line mode and turns its echo off, as soon as this is in the foreground.
func takeLetters(f *os.File) (*letters, error) {
	l := &letters{f: f, continued: make(chan os.Signal, 1)}
	if err := l.take(false); err != nil {
		return nil, err
	}
	signal.Notify(l.continued, syscall.SIGCONT)
	go func() {
		for range l.continued { // whoever stopped us may have set the terminal its own way
			_ = l.take(true)
		}
	}()
	return l, nil
}

// take sets the terminal, in the foreground, unless it is set. again: whatever it seems to be.
func (l *letters) take(again bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended || l.taken && !again {
		return nil
	}
	if l.taken = inFront(l.f); !l.taken {
		return nil
	}
	fd := int(l.f.Fd())
	if !l.seen {
		before, err := unix.IoctlGetTermios(fd, getTermios)
		if err != nil {
			return err
		}
		l.before, l.after, l.seen = *before, *before, true
		l.after.Lflag &^= unix.ICANON | unix.ECHO
		l.after.Cc[unix.VMIN], l.after.Cc[unix.VTIME] = 1, 0
		// Ctrl-Z comes as a letter: a Go program that has once caught its signal isn't stopped by it any more.
		l.after.Cc[unix.VSUSP] = noKey
	}
	return unix.IoctlSetTermios(fd, setTermios, &l.after)
}

// Read waits for letters, in the background until the program is in the foreground again.
func (l *letters) Read(b []byte) (int, error) {
	for {
		if l.suspended {
			l.suspended = false
			l.suspend()
		}
		if len(l.typed) > 0 {
			n := copy(b, l.typed)
			l.typed = l.typed[n:]
			if n = l.untilSuspended(b[:n]); n > 0 {
				return n, nil
			}
			continue
		}
		if ready, err := l.ready(); err != nil {
			return 0, err
		} else if !ready {
			continue
		}
		n, err := l.f.Read(b)
		if n = l.untilSuspended(b[:n]); n > 0 || err != nil {
			return n, err
		}
	}
}

// ready waits a moment for letters that are ours to read.
func (l *letters) ready() (bool, error) {
	if err := l.take(false); err != nil {
		return false, err
	}
	l.mu.Lock()
	front, ended := inFront(l.f), l.ended
	l.taken = l.taken && front // whoever has it now sets it as they like
	l.mu.Unlock()
	switch {
	case ended:
		return false, io.EOF
	case !front:
		time.Sleep(poll)
		return false, nil
	}
	wait := []unix.PollFd{{Fd: int32(l.f.Fd()), Events: unix.POLLIN}} //nolint:gosec // a file's number is small
	n, err := unix.Poll(wait, int(poll/time.Millisecond))
	if err != nil {
		return err != unix.EINTR, nil // then the read says what is wrong
	}
	return n > 0 && inFront(l.f), nil
}

// untilSuspended is how much of b is before a Ctrl-Z. What is behind it is for later.
func (l *letters) untilSuspended(b []byte) int {
	key := l.before.Cc[unix.VSUSP]
	at := bytes.IndexByte(b, key)
	if at < 0 || key == noKey {
		return len(b)
	}
	l.typed = append(bytes.Clone(b[at+1:]), l.typed...)
	l.suspended = true
	return at
}

// suspend does what Ctrl-Z does otherwise, the terminal being as it was. It returns when the program goes on:
// where no shell could continue it, the system doesn't stop it.
func (l *letters) suspend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended || !inFront(l.f) {
		return
	}
	_ = unix.IoctlSetTermios(int(l.f.Fd()), setTermios, &l.before)
	l.taken = false
	_ = unix.Kill(0, syscall.SIGTSTP)
	time.Sleep(poll) // until the signal has come, and the time that we were stopped
}

// restore brings back what was, and drops what nobody has read: the rest of an address that was pasted too late
// must not become a command of the shell.
func (l *letters) restore() {
	signal.Stop(l.continued)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return
	}
	l.ended = true
	close(l.continued)
	if l.taken && inFront(l.f) {
		_ = unix.IoctlSetTermios(int(l.f.Fd()), setTermiosFlush, &l.before)
	}
}

// inFront reports whether a terminal would let us read: a program in the background is stopped. One
// that isn't our session's stops nobody.
func inFront(f *os.File) bool {
	front, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	return err != nil || front == unix.Getpgrp()
}
