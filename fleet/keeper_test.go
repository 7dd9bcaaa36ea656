package fleet

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestOneLifeCostsOneRequest(t *testing.T) {
	w := newWorld(t)
	a, b := w.keeper("a"), w.keeper("b")
	for range 10 {
		if o := turn(t, a); o.Usable.Access.Empty() {
			t.Fatal("a living token isn't usable")
		}
		w.pass(31 * time.Minute) // due at 30 to 27 min left
		turn(t, a)
		turn(t, b) // another that thinks it leads
	}
	if w.requests != 10 || w.ended {
		t.Errorf("%d requests in 10 lives, ended %v", w.requests, w.ended)
	}
	w.holds(11, "r11")
	w.settled()
}

func TestFreshCostsNoWrite(t *testing.T) {
	w := newWorld(t)
	k := w.keeper("a")
	for range 5 {
		if o := turn(t, k); o.Next > lookEach || o.Next <= 0 {
			t.Errorf("the next look is in %v", o.Next)
		}
	}
	if w.writes != 0 || w.requests != 0 {
		t.Errorf("%d writes, %d requests", w.writes, w.requests)
	}
}

// Whoever comes so far that it would send has written its intent over what it read: the second finds it.
func TestOfTwoOnlyOneSends(t *testing.T) {
	w := newWorld(t)
	a, b := w.keeper("a"), w.keeper("b")
	w.pass(31 * time.Minute)
	first := true
	w.onSend = func(string, string) (bool, bool) {
		if first { // b comes while a's request is on the wire
			first = false
			if o := turn(t, b); !o.InDoubt || o.Usable.Access.Reveal() != "a1" {
				t.Errorf("b sees %+v", o)
			}
		}
		return true, false
	}
	turn(t, a)
	if w.requests != 1 {
		t.Errorf("%d requests", w.requests)
	}
	w.holds(2, "r2")
}

// Between the swap and the first byte the process was stopped, or the Lease ran out: nothing is sent, and
// the intent is taken back.
func TestTheFence(t *testing.T) {
	for name, slip := range map[string]func(w *world, k *Keeper){
		"stopped":   func(w *world, _ *Keeper) { w.pass(4 * time.Second) },
		"no lease":  func(_ *world, k *Keeper) { k.Fence = func(Stamp) bool { return false } },
		"is ending": func(_ *world, k *Keeper) { k.Stopping = func() bool { return true } },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			k := w.keeper("a")
			w.pass(31 * time.Minute)
			once := true
			w.onSwap = func(string, *State) (bool, error) {
				if once {
					once = false
					slip(w, k)
				}
				return false, nil
			}
			if _, err := k.Turn(context.Background()); err == nil {
				t.Error("no error")
			}
			if w.requests != 0 {
				t.Error("a request was sent")
			}
			w.holds(1, "r1")
			w.settled()
			k.Fence, k.Stopping = func(Stamp) bool { return true }, func() bool { return false }
			turn(t, k)
			w.holds(2, "r2")
		})
	}
}

// Who holds an answer saves it, whatever the API does and whoever leads.
func TestAnAnswerIsSaved(t *testing.T) {
	t.Run("after errors", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			k := w.keeper("a")
			w.pass(31 * time.Minute)
			bad := 0
			w.onSwap = func(_ string, s *State) (bool, error) {
				if s.Intent == nil && bad < 100 {
					bad++
					return false, errAPI
				}
				return false, nil
			}
			begun := time.Now()
			turn(t, k)
			if time.Since(begun) < 100*time.Second {
				t.Error("it tried without a pause")
			}
			w.holds(2, "r2")
			w.settled()
		})
	})
	t.Run("once, though the answer of the API was lost", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			k := w.keeper("a")
			w.pass(31 * time.Minute)
			w.onSwap = func(_ string, s *State) (bool, error) {
				if s.Intent == nil {
					return true, errAPI
				}
				return false, nil
			}
			turn(t, k)
			w.holds(2, "r2")
		})
	})
	t.Run("over another's intent", func(t *testing.T) {
		w := newWorld(t)
		k := w.keeper("a")
		w.pass(31 * time.Minute)
		w.onSend = func(string, string) (bool, bool) {
			s := w.state()
			s.Intent = &Intent{Digest: s.Intent.Digest, Holder: "b", At: w.now}
			w.store(s)
			return true, false
		}
		turn(t, k)
		w.holds(2, "r2")
		w.settled()
	})
	t.Run("not over a login", func(t *testing.T) {
		w := newWorld(t)
		k := w.keeper("a")
		w.pass(31 * time.Minute)
		w.onSend = func(string, string) (bool, bool) {
			s := w.token(time.Hour)
			s.Generation = 7
			w.store(s)
			return true, false
		}
		turn(t, k)
		w.holds(7, "r2")
	})
	t.Run("not after a logout", func(t *testing.T) {
		w := newWorld(t)
		k := w.keeper("a")
		w.pass(31 * time.Minute)
		w.onSend = func(string, string) (bool, bool) {
			w.store(State{Generation: 2})
			return true, false
		}
		turn(t, k)
		w.holds(2, "")
	})
	t.Run("in a Secret that was deleted and made anew", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			k := w.keeper("a")
			w.pass(31 * time.Minute)
			gone := 0
			w.onSend = func(string, string) (bool, bool) {
				w.exists = false
				return true, false
			}
			w.onGet = func(string) error {
				if gone++; !w.exists && gone > 5 {
					w.exists, w.uid, w.stored, w.version = true, "u2", nil, 100
				}
				return nil
			}
			turn(t, k)
			w.holds(1, "r2") // generations begin again; the UID tells them apart
		})
	})
}

func TestAnotherIdentityFindsNothing(t *testing.T) {
	w := newWorld(t)
	k := w.keeper("a")
	k.Identity = "other"
	w.pass(31 * time.Minute)
	if o := turn(t, k); !o.LoginNeeded || !o.Usable.Access.Empty() || w.requests != 0 {
		t.Errorf("%+v, %d requests", o, w.requests)
	}
	w.holds(1, "r1")
}

func TestAGrantSpendsNothing(t *testing.T) {
	w := newWorld(t)
	w.store(State{})
	k := w.keeper("a")
	k.Renewal.Refresh = nil
	grants := 0
	k.Renewal.Grant = func(_ context.Context, a Attempt) (Answer, *Refusal) {
		if err := a.Sending(); err != nil {
			return Answer{}, &Refusal{Err: err}
		}
		grants++
		access, refresh := w.issue()
		return Answer{Access: text(access), Refresh: text(refresh), Life: time.Hour}, nil
	}
	turn(t, k)
	w.holds(1, "")
	w.pass(31 * time.Minute)
	turn(t, k)
	turn(t, k)
	w.holds(2, "")
	if grants != 2 || w.writes != 2 {
		t.Errorf("%d grants, %d writes", grants, w.writes)
	}
}

// However short a life is, a login of a person's is seen within little of it: what is published is dying
// meanwhile.
func TestLooks(t *testing.T) {
	for life, most := range map[time.Duration]time.Duration{time.Hour: 10 * time.Second, time.Minute: 1500 * time.Millisecond, 4 * time.Second: 500 * time.Millisecond} {
		w := newWorld(t)
		s := w.token(life)
		s.Mark = &Mark{Digest: digest(s.Refresh)}
		w.store(s)
		k := w.keeper("a")
		w.pass(life * 3 / 4)
		if o := turn(t, k); !o.LoginNeeded || o.Next > most {
			t.Errorf("life %v: the next look is in %v, login needed %v", life, o.Next, o.LoginNeeded)
		}
	}
}
