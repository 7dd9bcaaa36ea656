//go:build unix && !linux

package cache

// ignoreReserved has nothing to do: only on Linux are there signals that os/signal doesn't catch.
func ignoreReserved() (restore func()) { return func() {} }
