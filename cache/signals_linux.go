package cache

import "golang.org/x/sys/unix"

// ignoreReserved ignores the signals that belong to the C library (32 to 34), until restore is called.
// os/signal can't catch them: the runtime keeps them at their default for the sake of a C library, and
// that ends a program which has none (https://github.com/golang/go/issues/6997, /39343).
func ignoreReserved() (restore func()) {
	const ignored = 1 // SIG_IGN
	before := map[unix.Signal]*[8]uintptr{}
	for number := unix.Signal(32); number <= 34; number++ {
		action, old := [8]uintptr{ignored}, new([8]uintptr)
		if sigaction(number, &action, old) {
			before[number] = old
		}
	}
	return func() {
		for number, old := range before {
			sigaction(number, old, nil)
		}
	}
}
