package fleet

import "time"

// A Stamp is an instant on two clocks: the wall's, which all nodes share more or less, and the time since
// boot, which counts while a node sleeps and which nobody sets.
type Stamp struct {
	Wall time.Time
	Boot time.Duration // 0: unknown
	Of   string        // the boot that it counts from; empty: unknown
}

// Since is how long ago t was, by the clock that says more: a wall clock that is set back makes no dead
// token look alive, and one boot's time says nothing to another node.
func (s Stamp) Since(t Stamp) time.Duration {
	d := s.Wall.Sub(t.Wall)
	if s.Of != "" && s.Of == t.Of && s.Boot > 0 && t.Boot > 0 {
		d = max(d, s.Boot-t.Boot)
	}
	return d
}

// A Clock tells the instant. It is asked again each time, so a process that was stopped sees the stop.
type Clock func() Stamp
