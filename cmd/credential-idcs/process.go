package main

import (
	"crypto/rand"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/term"
)

// A process is what the program gets from the world: gathered once, in main, and handed down. Nothing
// below asks the operating system for these by itself, so a test can say what they are.
type process struct {
	args           []string // with the name it was run under
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	environ        func() []string
	now            func() time.Time
	rand           io.Reader
	proxy          func(*url.URL) (*url.URL, error)
	terminal       func(fd int) bool // whether a person sits at stdin (0), stdout (1) or stderr (2)
	exit           func(status int)  // only for a signal that has to end a call in the middle
	program        func() string     // this program's path as its callers should name it, absolute
	dir            func() string     // the working directory; empty: unknown
	dropped        []string          // variables that hold no absolute path, and are therefore unset
	refusal        string            // why this process must not run at all; empty: it may
}

func thisProcess() *process {
	p := &process{
		args: os.Args, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		getenv: os.Getenv, environ: os.Environ, now: time.Now, rand: rand.Reader,
		terminal: term.IsTerminal, exit: os.Exit, program: programPath,
		dir: func() string { d, _ := os.Getwd(); return d },
		proxy: func(u *url.URL) (*url.URL, error) {
			return http.ProxyFromEnvironment(&http.Request{URL: u})
		},
	}
	// No variable may change whom we trust; ca_file in the configuration may.
	_ = os.Unsetenv("SSL_CERT_FILE")
	_ = os.Unsetenv("SSL_CERT_DIR")
	// Nor bring back what crypto/tls has given up (tlsrsakex=1, tls3des=1). The packages read it anew.
	_ = os.Unsetenv("GODEBUG")
	p.dropped = dropRelative()
	p.refusal = harden()
	return p
}

// programPath is the program as PATH finds it, links not resolved, since that name outlives an
// upgrade; else the file that runs.
func programPath() string {
	running, err := os.Executable()
	if err != nil {
		return ""
	}
	if found, err := exec.LookPath("credential-idcs"); err == nil && filepath.IsAbs(found) {
		a, errA := os.Stat(found)
		b, errB := os.Stat(running)
		if errA == nil && errB == nil && os.SameFile(a, b) {
			return filepath.Clean(found)
		}
	}
	return running
}
