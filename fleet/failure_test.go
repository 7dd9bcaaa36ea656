package fleet

import (
	"context"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/cache/policy"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

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
