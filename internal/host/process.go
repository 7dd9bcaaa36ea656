// Package host is the process that a program of this module runs as, and the machine around it:
// arguments, variables, streams and clock, the programs on PATH, what a child process gets, the
// screen, and the line that shows progress. Each of them has its one place here.
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

// A Process is what the program gets from the world: gathered once, in main, and handed down. Nothing
// below asks the operating system for these by itself, so a test can say what they are.
type Process struct {
	Args           []string // with the name it was run under
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Environ        func() []string
	Now            func() time.Time
	Rand           io.Reader
	Terminal       func(fd int) bool // whether a person sits at stdin (0), stdout (1) or stderr (2)
	Exit           func(status int)  // only for a signal that has to end a call in the middle
	Program        func() string     // this program's path as its callers should name it, absolute
	Dir            func() string     // the working directory; empty: unknown
	Version        func() string     // the program's; nil until main has set it, see package call's init
	Dropped        []string          // variables that hold no absolute path, and are therefore unset
	HomeTaken      bool              // HOME was not set, and is now what the password file has
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

// UnsetTrust takes variables out of the environment that may not change whom we trust; ca_file in the
// configuration may. Only crypto/tls and crypto/x509 read them, so who opens no connection needs no call.
func UnsetTrust() {
	_ = os.Unsetenv("SSL_CERT_FILE")
	_ = os.Unsetenv("SSL_CERT_DIR")
	// Nor may one bring back what crypto/tls has given up (tlsrsakex=1, tls3des=1). The packages read it
	// anew.
	_ = os.Unsetenv("GODEBUG")
}
