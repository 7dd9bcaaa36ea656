package fleet

import (
	"context"
	"errors"
	"testing"
	"time"
)

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
