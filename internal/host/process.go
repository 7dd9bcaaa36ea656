// Package host is the process of a program of this module, and the machine around it: arguments, variables, streams
// and clock, the programs on PATH, the environment of child processes, the screen, and the line that shows progress.
//
// It links neither net nor os/exec: it is part of every cached answer.
package host

import (
	"crypto/rand"
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// A Process is what the program gets from the operating system. It is gathered once, in main, and passed down: no other
// code asks the system for these, so a test can set them.
type Process struct {
	Args           []string // with the name it was run under
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Environ        func() []string
	Now            func() time.Time
	Rand           io.Reader
	Terminal       func(fd int) bool // whether stdin (0), stdout (1) or stderr (2) is a terminal
	Exit           func(status int)  // only for a signal that has to end a call in the middle
	Program        func() string     // this program's absolute path, for the configuration of tools
	Dir            func() string     // the working directory; empty: unknown
	Version        func() string     // the program's; nil until main has set it, see package call's init
	Dropped        []string          // variables that hold no absolute path, and are therefore unset
	HomeTaken      bool              // HOME was not set, and was set from the password file
	Refusal        string            // why this process must not run at all; empty: it may
}

// This is the running process. program is its name on PATH.
func This(program string) *Process {
	return &Process{
		Args: os.Args, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Getenv: os.Getenv, Environ: os.Environ, Now: time.Now, Rand: rand.Reader,
		Terminal: term.IsTerminal, Exit: os.Exit,
		Program: func() string { return programPath(program, "kubectl-idcs") },
		Dir:     func() string { d, _ := os.Getwd(); return d },
	}
}

// UnsetTrust removes the variables that would change which authorities are trusted: only ca_file in the configuration
// may. Only crypto/tls and crypto/x509 read them, so a call that opens no connection doesn't need it.
func UnsetTrust() {
	_ = os.Unsetenv("SSL_CERT_FILE")
	_ = os.Unsetenv("SSL_CERT_DIR")
	// GODEBUG can allow what crypto/tls has given up (tlsrsakex=1, tls3des=1). The packages notice that it is unset.
	_ = os.Unsetenv("GODEBUG")
}
