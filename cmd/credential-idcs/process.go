package main

import (
	"crypto/rand"
	"io"
	"net/http"
	"net/url"
	"os"
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
	refusal        string            // why this process must not run at all; empty: it may
}

func thisProcess() *process {
	p := &process{
		args: os.Args, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		getenv: os.Getenv, environ: os.Environ, now: time.Now, rand: rand.Reader,
		terminal: term.IsTerminal, exit: os.Exit,
		proxy: func(u *url.URL) (*url.URL, error) {
			return http.ProxyFromEnvironment(&http.Request{URL: u})
		},
	}
	// No variable may change whom we trust; ca_file in the configuration may.
	_ = os.Unsetenv("SSL_CERT_FILE")
	_ = os.Unsetenv("SSL_CERT_DIR")
	p.refusal = harden()
	return p
}
