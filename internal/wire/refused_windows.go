package wire

import "golang.org/x/sys/windows"

// refused is the system's own number: syscall.ECONNREFUSED is a number that Go made up for Windows.
const refused = windows.WSAECONNREFUSED
