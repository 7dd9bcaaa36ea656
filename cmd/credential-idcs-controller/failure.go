package main

import (
	"errors"

	"github.com/credential-idcs/credential-idcs/internal/text"
)

// The exit statuses. Those of credential-idcs mean the same.
const (
	exitFailure       = 1
	exitUsage         = 2
	exitLater         = 4
	exitConfiguration = 5
)

// A failure is an error as it is printed: one line, and the command that mends it.
type failure struct {
	status  int
	message string
	command string
	silent  bool // it is printed already
	err     error
}

func (f *failure) Error() string { return f.message }
func (f *failure) Unwrap() error { return f.err }

// lines is the message with its command, behind a tab on a line of its own.
func (f *failure) lines() string {
	if f.silent {
		return ""
	}
	s := "credential-idcs-controller: " + f.message + "\n"
	if f.command != "" {
		s += "\t" + f.command + "\n"
	}
	return s
}

func misuse(message, help string) error {
	return &failure{status: exitUsage, message: message, command: help}
}

func asFailure(err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	return &failure{status: exitFailure, message: text.Clean(err.Error()), err: err}
}
