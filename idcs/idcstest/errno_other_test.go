//go:build !windows

package idcstest

import "syscall"

const (
	connReset   = syscall.ECONNRESET
	connRefused = syscall.ECONNREFUSED
)
