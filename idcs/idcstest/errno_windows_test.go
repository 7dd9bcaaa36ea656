package idcstest

import "golang.org/x/sys/windows"

// syscall's own numbers are none of Windows'.
const (
	connReset   = windows.WSAECONNRESET
	connRefused = windows.WSAECONNREFUSED
)
