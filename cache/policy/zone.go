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

// EarlyFrom is the life left below which a token is due for a refresh, as people are told.
func EarlyFrom(life time.Duration) time.Duration {
	return min(max(300*time.Second, life/5), life/2)
}

// Due is the life left at which one token is due: between half of its life and 0.9 times EarlyFrom, by
// its lot, a random number from 0 to 1.
//
// The lot is the token's and not the call's: machines that call every few seconds would all come at the
// upper end, since the earliest of many draws decides. And the window is wide: of 100,000 machines with
// tokens of one hour, at the largest limit a domain has, 51,000 ran out of their token with a window of
// 0.9 to 1 times EarlyFrom, and 30 with this one (bench/herd). It costs a quarter more refreshes.
func Due(life time.Duration, lot float64) time.Duration {
	last := time.Duration(0.9 * float64(EarlyFrom(life)))
	return last + time.Duration(lot*float64(Soonest(life)-last))
}

// DuePublished is the life left at which a token is due that is handed on, by the token's lot: half of its
// life and a little more. Its readers can't be asked to come again, and one loss of a fifth of a life, and
// the wait for an answer that may still come, have to fit in before the last fifth.
func DuePublished(life time.Duration, lot float64) time.Duration {
	return time.Duration((0.50 + 0.05*lot) * float64(life))
}

// Soonest is the life left at which the first of many tokens is due.
func Soonest(life time.Duration) time.Duration { return life / 2 }

// Margin is the life left below which a token counts as dead: the way to the target takes time.
func Margin(life time.Duration) time.Duration { return min(5*time.Second, life/10) }

// DefaultNeed is what a call needs if it doesn't say: enough to outlive a clone's start.
const DefaultNeed = 60 * time.Second

// Most is the most that a set need counts for: nearer the whole life, every call would get a new token.
func Most(life time.Duration) time.Duration { return life / 4 * 3 }

// A Query says what one call needs of a token.
type Query struct {
	// Need is the life that the answer should have left, capped at a quarter of its whole life: a need
	// near the whole life would be a storm. 0: DefaultNeed.
	Need time.Duration
	// Half caps Need at half the life instead: for clients that keep an answer for a while.
	Half bool
	// Least is a need that somebody has set, where it is more. It is capped by Most.
	Least time.Duration
	// MinTTL, if not 0, takes Need's place, and is not capped.
	MinTTL time.Duration
}

// Zone classifies a token by its whole life, the life it has left, and the life left at which it is due
// (see Due).
func (q Query) Zone(life, left, due time.Duration) Zone {
	need := q.MinTTL
	if need == 0 {
		need = q.Need
		if need == 0 {
			need = DefaultNeed
		}
		share := life / 4
		if q.Half {
			share = life / 2
		}
		need = min(need, share)
		need = max(need, min(q.Least, Most(life)))
	}
	switch {
	case left <= Margin(life):
		return Expired
	case left <= need:
		if q.MinTTL > 0 && life-left < min(30*time.Second, life/4) {
			return Fresh // just obtained: the domain gives no more
		}
		return Hard
	case left <= due:
		return Early
	}
	return Fresh
}
