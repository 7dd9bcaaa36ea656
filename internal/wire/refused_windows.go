package wire

import "golang.org/x/sys/windows"

// refused is the system's own number: syscall.ECONNREFUSED is none of Windows'.
const refused = windows.WSAECONNREFUSED
