//go:build !windows

package wire

import "syscall"

const refused = syscall.ECONNREFUSED
