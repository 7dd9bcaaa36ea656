package policy

import "time"

// A Zone says what a call does with a token, from best to worst.
type Zone int

const (
	Fresh   Zone = iota // print it
	Early               // print it; refresh it if that costs no waiting for others
	Hard                // refresh first, but print it if that fails
	Expired             // dead, or none: without a refresh there is no answer
)

func (z Zone) String() string { return [...]string{"fresh", "early", "hard", "expired"}[z] }

// EarlyFrom is the upper end of the early zone, as life left, without its random factor.
func EarlyFrom(life time.Duration) time.Duration {
	return min(max(300*time.Second, life/5), life/2)
}

// Margin is the life left below which a token counts as dead: the way to the target takes time.
func Margin(life time.Duration) time.Duration { return min(5*time.Second, life/10) }

// DefaultNeed is what a call needs if it doesn't say: enough to outlive a clone's start.
const DefaultNeed = 60 * time.Second

// A Demand is what one call wants of a token.
type Demand struct {
	// Need is the life that the answer should have left, capped at a quarter of its whole life: a need
	// near the whole life would be a storm. 0: DefaultNeed.
	Need time.Duration
	// MinTTL, if not 0, takes Need's place, and is not capped.
	MinTTL time.Duration
}

// Zone classifies a token by its whole life and the life it has left. lot is its random draw, 0 to 1:
// the early zone begins at EarlyFrom times 0.9 to 1.
func (d Demand) Zone(life, left time.Duration, lot float64) Zone {
	need := d.MinTTL
	if need == 0 {
		need = d.Need
		if need == 0 {
			need = DefaultNeed
		}
		need = min(need, life/4)
	}
	switch {
	case left <= Margin(life):
		return Expired
	case left <= need:
		if d.MinTTL > 0 && life-left < min(30*time.Second, life/4) {
			return Fresh // just obtained: the domain gives no more
		}
		return Hard
	case left <= time.Duration(float64(EarlyFrom(life))*(0.9+0.1*lot)):
		return Early
	}
	return Fresh
}
