package fleet

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/credential-idcs/credential-idcs/cache/policy"
	"github.com/credential-idcs/credential-idcs/internal/secret"
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

func TestNothingIsSentWhenTheIntentCannotBeWritten(t *testing.T) {
	for name, kind := range map[string]error{"conflict": ErrConflict, "forbidden": ErrForbidden, "unknown": nil} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			k := w.keeper("a")
			w.pass(31 * time.Minute)
			w.onSwap = func(string, *State) (bool, error) {
				return false, &APIError{Verb: "update", Secret: "s", Kind: kind, Err: errors.New("no")}
			}
			if _, err := k.Turn(context.Background()); err == nil {
				t.Error("no error")
			}
			if w.requests != 0 {
				t.Error("a request was sent")
			}
			w.onSwap = nil
			turn(t, k)
			w.holds(2, "r2")
			w.settled()
		})
	}
}

// The intent was written though the API said it wasn't: that is our own, and nothing was sent.
func TestAnIntentThatWasWrittenAfterAll(t *testing.T) {
	w := newWorld(t)
	k := w.keeper("a")
	w.pass(31 * time.Minute)
	w.onSwap = func(string, *State) (bool, error) { return true, errAPI }
	if _, err := k.Turn(context.Background()); err == nil {
		t.Error("no error")
	}
	if s := w.state(); s.Intent == nil || w.requests != 0 {
		t.Fatalf("intent %v, %d requests", s.Intent, w.requests)
	}
	w.onSwap = nil
	turn(t, k) // at once, not after a quarter of the life
	w.holds(2, "r2")
	w.settled()
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

// A leader died with its request on the wire. Its answer may still come, so the old token is presented
// once more only when a quarter of the life is left, and not sooner than the other could answer.
func TestAForeignIntent(t *testing.T) {
	for name, tt := range map[string]struct {
		rotated bool
		want    func(w *world, o Outlook)
	}{
		"the domain never saw it": {false, func(w *world, _ Outlook) { w.holds(2, "r2"); w.settled() }},
		"the answer died": {true, func(w *world, o Outlook) {
			s := w.state()
			if !o.LoginNeeded || s.Mark == nil || s.Mark.Interrupted == nil || s.Mark.Interrupted.Holder != "dead" {
				w.t.Errorf("login needed %v, mark %+v", o.LoginNeeded, s.Mark)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			s := w.state()
			w.pass(31 * time.Minute)
			s.Intent = &Intent{Digest: digest(s.Refresh), Holder: "dead", At: w.now}
			w.store(s)
			w.sent["r1"]++
			if tt.rotated {
				delete(w.alive, "r1")
			}
			k := w.keeper("b")
			for s.left(k.Clock()) > s.Life/4 {
				if o := turn(t, k); !o.InDoubt || o.Usable.Access.Empty() || w.requests != 0 {
					t.Fatalf("with %v left: in doubt %v, %d requests", s.left(k.Clock()), o.InDoubt, w.requests)
				}
				w.pass(10 * time.Second)
			}
			o := turn(t, k)
			if w.requests != 1 {
				t.Errorf("%d requests", w.requests)
			}
			tt.want(w, o)
			turn(t, k)
			if w.requests != 1 {
				t.Errorf("it was presented again")
			}
		})
	}
	t.Run("is waited for even if hardly any life is left", func(t *testing.T) {
		w := newWorld(t)
		s := w.state()
		w.pass(59 * time.Minute)
		s.Intent = &Intent{Digest: digest(s.Refresh), Holder: "dead", At: w.now}
		w.store(s)
		k := w.keeper("b")
		turn(t, k)
		w.pass(29 * time.Second)
		if turn(t, k); w.requests != 0 {
			t.Error("presented within 30 s")
		}
		w.pass(2 * time.Second)
		if turn(t, k); w.requests != 1 {
			t.Error("not presented after 30 s")
		}
	})
	t.Run("whose holder has given up is not waited for", func(t *testing.T) {
		w := newWorld(t)
		s := w.state()
		w.pass(31 * time.Minute)
		s.Intent = &Intent{Digest: digest(s.Refresh), Holder: "dead", At: w.now, Over: true}
		w.store(s)
		turn(t, w.keeper("b"))
		w.holds(2, "r2")
	})
}

// No answer: the token is presented again after the pause, and only its answer settles it.
func TestADoubt(t *testing.T) {
	w := newWorld(t)
	k := w.keeper("a")
	w.pass(31 * time.Minute)
	w.onSend = func(string, string) (bool, bool) { return false, false }
	for i := range 3 {
		o := turn(t, k)
		s := w.state()
		if w.requests != i+1 || s.Intent == nil || !s.Intent.Over || s.Pause == nil || s.Pause.Row != i || o.Usable.Access.Empty() {
			t.Fatalf("after %d: %d requests, intent %+v, pause %+v", i+1, w.requests, s.Intent, s.Pause)
		}
		turn(t, k) // in the pause
		w.pass(s.Pause.End.Sub(w.now))
	}
	w.onSend = nil
	turn(t, k)
	if w.requests != 4 {
		t.Errorf("%d requests", w.requests)
	}
	w.holds(2, "r2")
	w.settled()
}

func TestFailures(t *testing.T) {
	refusal := func(v policy.Verdict, p policy.Pause) *Refusal {
		return &Refusal{Failure: Failure{Text: "no"}, Verdict: v, Pause: p}
	}
	t.Run("a spent token isn't sent again", func(t *testing.T) {
		w := newWorld(t)
		k := w.keeper("a")
		w.pass(31 * time.Minute)
		delete(w.alive, "r1")
		for range 5 {
			if o := turn(t, k); !o.LoginNeeded {
				t.Error("no login is needed")
			}
			w.pass(time.Minute)
		}
		if w.requests != 1 {
			t.Errorf("%d requests", w.requests)
		}
		w.asked = "now" // a person asks
		turn(t, k)
		turn(t, k)
		if w.requests != 2 || w.obeyed != "now" {
			t.Errorf("%d requests, obeyed %q", w.requests, w.obeyed)
		}
	})
	t.Run("also where that could not be written", func(t *testing.T) {
		w := newWorld(t)
		k := w.keeper("a")
		w.pass(31 * time.Minute)
		delete(w.alive, "r1")
		w.onSwap = func(_ string, s *State) (bool, error) {
			if s.Mark != nil {
				return false, errAPI
			}
			return false, nil
		}
		for range 5 {
			turn(t, k)
			w.pass(time.Minute)
		}
		if w.requests != 1 {
			t.Errorf("%d requests", w.requests)
		}
		w.onSwap = nil
		turn(t, k)
		if w.state().Mark == nil {
			t.Error("what was owed isn't paid")
		}
	})
	t.Run("a refused client has a minute", func(t *testing.T) {
		w := newWorld(t)
		k := w.keeper("a")
		w.pass(31 * time.Minute)
		w.answers = func(int) *Refusal { return refusal(policy.Settled, policy.PauseClient) }
		turn(t, k)
		w.pass(59 * time.Second)
		turn(t, k)
		if s := w.state(); w.requests != 1 || s.Intent != nil {
			t.Errorf("%d requests, intent %v", w.requests, s.Intent)
		}
		k.Renewal.Client = func() string { return "mended" }
		turn(t, k)
		if w.requests != 2 {
			t.Error("a mended client isn't tried at once")
		}
	})
	t.Run("a file that is missing isn't looked for all the time", func(t *testing.T) {
		w := newWorld(t)
		k := w.keeper("a")
		w.pass(31 * time.Minute)
		tries := 0
		k.Renewal.Refresh = func(context.Context, secret.Text, Attempt) (Answer, *Refusal) {
			tries++
			return Answer{}, refusal(policy.NotSent, policy.NoPause)
		}
		for range 5 {
			turn(t, k)
		}
		if tries != 1 {
			t.Errorf("%d tries", tries)
		}
	})
	t.Run("a successor in a useless answer is kept", func(t *testing.T) {
		w := newWorld(t)
		k := w.keeper("a")
		w.pass(31 * time.Minute)
		w.answers = func(n int) *Refusal {
			if n > 1 {
				return nil
			}
			r := refusal(policy.Settled, policy.PauseAnswer)
			_, next := w.issue()
			r.Refresh = text(next)
			return r
		}
		turn(t, k)
		w.holds(2, "r2")
		w.pass(time.Minute)
		turn(t, k)
		w.holds(3, "r3")
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

// A person asked for a refresh, and the intent was stored though the API said it wasn't: nothing was sent, so
// the request is as open as before.
func TestARequestOutlivesAnAttemptThatSentNothing(t *testing.T) {
	for name, slip := range map[string]func(w *world, k *Keeper) (lost bool, err error){
		"the API's answer was lost": func(*world, *Keeper) (bool, error) { return true, errAPI },
		"the Lease ran out": func(_ *world, k *Keeper) (bool, error) {
			k.Fence = func(Stamp) bool { return false }
			return false, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			k := w.keeper("a")
			w.asked = "now"
			once := true
			w.onSwap = func(string, *State) (bool, error) {
				if once {
					once = false
					return slip(w, k)
				}
				return false, nil
			}
			if _, err := k.Turn(context.Background()); err == nil || w.requests != 0 {
				t.Fatalf("%v, %d requests", err, w.requests)
			}
			k.Fence = func(Stamp) bool { return true }
			turn(t, k)
			w.holds(2, "r2")
			if w.obeyed != "now" || w.requests != 1 {
				t.Errorf("obeyed %q, %d requests", w.obeyed, w.requests)
			}
			turn(t, k)
			if w.requests != 1 {
				t.Error("it was obeyed twice")
			}
		})
	}
}
