package cache

import "time"

// A zone says what a call does with a token, from best to worst.
type zone int

const (
	fresh   zone = iota // print it
	early               // print it; refresh it if that costs no waiting for others
	hard                // refresh first, but print it if that fails
	expired             // dead, or none: without a refresh there is no answer
)

func (z zone) String() string { return [...]string{"fresh", "early", "hard", "expired"}[z] }

// skewAllowed is how far in the future a token may have been obtained before its time is called
// wrong: clocks are set back by seconds, not by minutes.
const skewAllowed = 60 * time.Second

// left is the life that a token has left: what its life exceeds the time since it was obtained by,
// on the wall clock or the boot clock, whichever says that more time has passed. The boot clock
// counts suspend and can't be set; after a reboot it says too little and the wall clock decides.
func left(s Stamp, now time.Time, boot time.Duration) time.Duration {
	begun := s.Obtained.Truncate(time.Second) // as Expires
	age := now.Sub(begun)
	if age < -skewAllowed {
		return 0 // obtained in the future: nothing is known about it
	}
	if s.Boot != 0 && boot != 0 {
		age = max(age, boot-s.Boot+s.Obtained.Sub(begun))
	}
	return s.Life - max(age, 0)
}

// Early is the upper end of the early zone, without its random factor.
func earlyFrom(life time.Duration) time.Duration {
	return min(max(300*time.Second, life/5), life/2)
}

// margin is the life below which a token counts as dead: the way to the target takes time.
func margin(life time.Duration) time.Duration { return min(5*time.Second, life/10) }

// defaultNeed is what a call needs if it doesn't say: enough to outlive a clone's start.
const defaultNeed = 60 * time.Second

// zoneOf classifies a token. spread is the random factor of the early zone, 0.9 to 1.0: it keeps
// machines that logged in together from refreshing together.
func zoneOf(s Stamp, w Want, left time.Duration, spread float64) zone {
	need := w.MinTTL
	if need == 0 {
		need = w.Need
		if need == 0 {
			need = defaultNeed
		}
		need = min(need, s.Life/4) // a need near the whole life would be a storm
	}
	switch {
	case left <= margin(s.Life):
		return expired
	case left <= need:
		if w.MinTTL > 0 && s.Life-left < min(30*time.Second, s.Life/4) {
			return fresh // just obtained: the domain gives no more
		}
		return hard
	case left <= time.Duration(float64(earlyFrom(s.Life))*spread):
		return early
	}
	return fresh
}
