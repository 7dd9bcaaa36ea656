package cache

import (
	"fmt"
	"testing"
	"time"
)

// R15: Whatever a clock does, no dead token looks alive, and a jump costs one refresh at most.
func TestClockJumps(t *testing.T) {
	real := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	boot := 100 * time.Hour
	s := Stamp{Obtained: real, Boot: boot, Life: time.Hour}
	at := func(y int) time.Duration { return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC).Sub(real) }
	for _, tt := range []struct {
		name      string
		passed    time.Duration // truly
		jump      time.Duration // of the wall clock
		boot      time.Duration // reading; -1: boot plus passed
		wantAlive bool
	}{
		{"nothing", 10 * time.Minute, 0, -1, true},
		{"dead", 2 * time.Hour, 0, -1, false},
		{"set back 5 h, alive", 10 * time.Minute, -5 * time.Hour, -1, false}, // obtained in the future: one refresh
		{"set back 5 h, dead", 6 * time.Hour, -5*time.Hour - 30*time.Minute, -1, false},
		{"set back to just after, dead", 6 * time.Hour, -5*time.Hour - 59*time.Minute, -1, false},
		{"set back 30 s", 10 * time.Second, -30 * time.Second, -1, true},
		{"ahead 5 h", 10 * time.Minute, 5 * time.Hour, -1, false},
		{"1970", 10 * time.Minute, at(1970), -1, false},
		{"2038", 10 * time.Minute, at(2038), -1, false},
		{"2100", 10 * time.Minute, at(2100), -1, false},
		{"suspended", 2 * time.Hour, 0, -1, false},
		{"rebooted, alive", 10 * time.Minute, 0, time.Minute, true},
		{"rebooted, dead", 2 * time.Hour, 0, time.Minute, false},
		{"no boot clock", 10 * time.Minute, 0, 0, true},
		{"no boot clock, dead", 2 * time.Hour, 0, 0, false},
	} {
		b := tt.boot
		if b == -1 {
			b = boot + tt.passed
		}
		got := left(s, real.Add(tt.passed+tt.jump), b)
		if (got > 0) != tt.wantAlive {
			t.Errorf("%s: left %v", tt.name, got)
		}
		if got > s.Life {
			t.Errorf("%s: left %v is more than its life", tt.name, got)
		}
	}
}

// On another machine boot clocks have nothing to do with each other.
func TestAnotherMachinesBootClockIsIgnored(t *testing.T) {
	dir := folder(t)
	tok := plant(t, dir, "a", "r", 10*time.Minute, time.Hour)
	tok.machine, tok.AccessStamp.Boot = "another", 1*time.Millisecond
	plantToken(t, dir, tok)
	dir.sys.Boot = func() time.Duration { return 1000 * time.Hour }
	if dir.sys.Machine() == "" {
		dir.sys.Machine = func() string { return "this" }
	}
	r := Renewal{Refresh: nil} // would panic
	got, err := dir.Token(t.Context(), testKey, Query{}, r)
	if err != nil || got.Token.Access != tok.Access {
		t.Errorf("got %v", err)
	}
	if v := dir.View(testKey, r); v.State != "fresh" || v.Left < 40*time.Minute {
		t.Errorf("view: %+v", v)
	}
}

// Machines that logged in together don't refresh together: the draw is the token's own, so that not the
// busiest of its callers decides, and another token's is another.
func TestEachTokenFallsDueAtAMomentOfItsOwn(t *testing.T) {
	dir, tokens, due := folder(t), 200, 0
	for i := range tokens {
		plant(t, dir, "a", fmt.Sprint("refresh-", i), 40*time.Minute, time.Hour) // between half of its life and early
		var answers [3]error
		for call := range answers {
			_, answers[call] = dir.Token(t.Context(), testKey, Query{CachedOnly: true}, Renewal{})
		}
		if answers[0] != answers[1] || answers[0] != answers[2] {
			t.Errorf("token %d: the calls don't agree: %v", i, answers)
		}
		if answers[0] != nil {
			due++
		}
		if v := dir.View(testKey, Renewal{}); v.State != "fresh" {
			t.Errorf("token %d: people are told %s", i, v.State)
		}
	}
	if due < tokens/4 || due > tokens*3/4 {
		t.Errorf("%d of %d tokens are due at two thirds of their life", due, tokens)
	}
}
