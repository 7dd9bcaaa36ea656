package fleet

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// SystemClock is this machine's.
func SystemClock() Clock {
	of := ""
	if id, err := os.ReadFile("/proc/sys/kernel/random/boot_id"); err == nil {
		sum := sha256.Sum256(id)
		of = hex.EncodeToString(sum[:8])
	}
	return func() Stamp {
		s := Stamp{Wall: time.Now().Round(0), Of: of} // Round: Go's own monotonic clock stops while a node sleeps
		var ts unix.Timespec
		if unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts) == nil {
			s.Boot = time.Duration(ts.Nano())
		}
		return s
	}
}
