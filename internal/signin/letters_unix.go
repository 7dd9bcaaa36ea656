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

// poll is how often a program in the background checks whether it is in the foreground again.
const poll = 200 * time.Millisecond

// letters is a terminal without line mode and echo while this program is in the foreground. Ctrl-C, Ctrl-Z, bg and fg
// work: the shell gets the terminal in its own mode, and in the background the program neither reads nor sets it, since
// either would stop it.
type letters struct {
	f *os.File

	mu            sync.Mutex
	before, after unix.Termios // its own mode and ours, set by the first take
	seen          bool         // before and after are set
	taken, ended  bool

	typed     []byte // what was read behind a Ctrl-Z
	suspended bool   // a Ctrl-Z was read before typed
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
		for range l.continued { // the shell that stopped us may have changed the terminal's mode
			_ = l.take(true)
		}
	}()
	return l, nil
}

// take sets the terminal's mode if we are in the foreground and haven't set it; again: even if we have.
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
	l.taken = l.taken && front // the program in the foreground may change the mode
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

// untilSuspended is how much of b is before a Ctrl-Z. It stores the rest for later.
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

// suspend restores the terminal's mode and stops the program, as Ctrl-Z would. It returns when the program continues;
// if no shell could continue it, the system doesn't stop it.
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

// restore restores the terminal's mode and drops input that wasn't read: the rest of an address that was pasted too late
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

// inFront reports whether a terminal lets us read: it stops a program in the background, unless it isn't the terminal of
// our session.
func inFront(f *os.File) bool {
	front, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	return err != nil || front == unix.Getpgrp()
}
