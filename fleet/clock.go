package fleet

import "time"

// A Stamp is an instant on two clocks: the wall clock, which is about the same on all nodes, and the time since boot, which
// nobody can set and which includes sleep.
type Stamp struct {
	Wall time.Time
	Boot time.Duration // 0: unknown
	Of   string        // identifies the boot; empty: unknown
}

// Since is how long ago t was, by the clock on which it is longer: so a token that has expired stays expired if the wall
// clock is set back. The time since boot counts only if both are of one boot.
func (s Stamp) Since(t Stamp) time.Duration {
	d := s.Wall.Sub(t.Wall)
	if s.Of != "" && s.Of == t.Of && s.Boot > 0 && t.Boot > 0 {
		d = max(d, s.Boot-t.Boot)
	}
	return d
}

// A Clock returns the present instant.
type Clock func() Stamp
