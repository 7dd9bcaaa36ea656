package policy

import "time"

// A Pause is a kind of failure, by how long nobody tries again.
type Pause int

const (
	NoPause      Pause = iota
	PauseConnect       // 5, 10, 20, 30 s
	PauseAnswer        // 5, 10, 20, 40, 80, 120 s
	PauseClient        // 60 s, until the client's configuration changes
	PauseWay           // none: it only says whose way to the domain the failure is about
)

// Longest is the longest pause there is. One that claims to be longer was written by a wrong clock.
const Longest = 300 * time.Second

var (
	connect = [...]time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 30 * time.Second}
	answer  = [...]time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 120 * time.Second}
)

// Length is how long the pause lasts that a failure begins. row counts the failures of this kind just
// before it, retryAfter is what the domain asked for (0: nothing), lot is a random draw, 0 to 1.
func (p Pause) Length(row int, retryAfter time.Duration, lot float64) time.Duration {
	if p == NoPause || p == PauseWay {
		return 0
	}
	if retryAfter > 0 {
		return min(max(retryAfter, time.Second), Longest)
	}
	d := 60 * time.Second
	switch p {
	case PauseConnect:
		d = step(connect[:], row, lot)
	case PauseAnswer:
		d = step(answer[:], row, lot)
	}
	return d
}

func step(steps []time.Duration, row int, lot float64) time.Duration {
	return time.Duration((0.5 + 0.5*lot) * float64(steps[min(row, len(steps)-1)]))
}
