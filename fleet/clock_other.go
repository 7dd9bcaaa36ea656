//go:build !linux

package fleet

import "time"

// SystemClock is this machine's, by its wall clock alone: the controller serves on Linux.
func SystemClock() Clock { return func() Stamp { return Stamp{Wall: time.Now().Round(0)} } }
