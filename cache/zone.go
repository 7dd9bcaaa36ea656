package cache

import (
	"time"

	"github.com/credential-idcs/credential-idcs/cache/policy"
)

// A zone says what a call does with a token, from best to worst.
type zone = policy.Zone

const (
	fresh   = policy.Fresh
	early   = policy.Early
	hard    = policy.Hard
	expired = policy.Expired
)

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
