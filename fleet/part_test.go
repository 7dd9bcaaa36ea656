package fleet

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/cache/policy"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

const iad, fra = "https://iad.ocir.io", "https://fra.ocir.io"

// deriving gives a keeper two parts, whose server counts and may refuse.
func deriving(k *Keeper) (tries map[string]int, refuses map[string]bool) {
	tries, refuses = map[string]int{}, map[string]bool{}
	k.Parts = []string{iad, fra}
	k.Renewal.Derive = func(_ context.Context, target string, subject secret.Text, a Attempt) (Answer, *Refusal) {
		if err := a.Sending(); err != nil {
			return Answer{}, &Refusal{Err: err}
		}
		tries[target]++
		if refuses[target] {
			return Answer{}, &Refusal{
				Failure: Failure{Class: policy.Later, Text: "busy"}, Verdict: policy.Settled, Pause: policy.PauseAnswer, Err: errors.New("busy"),
			}
		}
		return Answer{Access: text(fmt.Sprintf("%s%s-%d", subject.Reveal(), target, tries[target])), Life: time.Hour}, nil
	}
	return tries, refuses
}

func access(s State, target string) string { return s.Parts[target].Access.Reveal() }

// A principal's two registries and nothing of its own: each is derived once in half a life, and what is wrong
// with one is its own trouble.
func TestPartsAreIndependent(t *testing.T) {
	w := newWorld(t)
	w.store(State{})
	k := w.keeper("a")
	k.Renewal.Refresh = nil
	tries, refuses := deriving(k)
	refuses[fra] = true
	for range 100 { // 50 minutes
		o := turn(t, k)
		if o.LoginNeeded || o.Usable.Parts[iad].Access.Empty() {
			t.Fatalf("not usable: %+v", o)
		}
		w.pass(30 * time.Second)
	}
	s := w.state()
	if access(s, iad) != iad+"-2" || tries[iad] != 2 || access(s, fra) != "" {
		t.Errorf("%d tries, %q, %q", tries[iad], access(s, iad), access(s, fra))
	}
	if s.Generation != 2 || s.Identity != "id" || s.Trouble() == nil || s.Trouble().Text != fra+": busy" {
		t.Errorf("generation %d of %q, %v", s.Generation, s.Identity, s.Trouble())
	}
	if tries[fra] < 3 || tries[fra] > 60 {
		t.Errorf("%d tries of what is refused in 50 min", tries[fra])
	}
	refuses[fra] = false
	for range 20 {
		turn(t, k)
		w.pass(30 * time.Second)
	}
	if s = w.state(); access(s, fra) == "" || s.Trouble() != nil || tries[iad] > 3 {
		t.Errorf("%q, %v, %d tries", access(s, fra), s.Trouble(), tries[iad])
	}
	if b, err := encodeState(&s); err != nil || len(s.unknown) != 0 {
		t.Errorf("%v, unknown %v", err, s.unknown)
	} else if again, err := decodeState(b); err != nil || access(again, iad) != access(s, iad) || again.Parts[iad].Life != time.Hour {
		t.Errorf("%v, %+v", err, again.Parts)
	}
}

// A profile's own token and a part of it leave each other alone, when one of them can't be had.
func TestAPartBesideAnOwnToken(t *testing.T) {
	w := newWorld(t)
	w.store(State{})
	k := w.keeper("a")
	tries, refuses := deriving(k)
	down := true
	k.Renewal.Refresh, k.Renewal.Grant = nil, func(_ context.Context, a Attempt) (Answer, *Refusal) {
		if err := a.Sending(); err != nil {
			return Answer{}, &Refusal{Err: err}
		}
		if down {
			return Answer{}, &Refusal{Failure: Failure{Class: policy.Later, Text: "down"}, Verdict: policy.Settled, Pause: policy.PauseAnswer}
		}
		return Answer{Access: text("own"), Life: 2 * time.Hour}, nil
	}
	turn(t, k)
	if len(tries) != 0 {
		t.Error("something was derived from a token that isn't there")
	}
	down = false
	w.pass(10 * time.Minute)
	turn(t, k)
	s := w.state()
	if s.Access.Reveal() != "own" || access(s, iad) != "own"+iad+"-1" {
		t.Fatalf("%q, %q", s.Access.Reveal(), access(s, iad))
	}
	down, refuses[iad], refuses[fra] = true, true, true
	w.pass(35 * time.Minute) // the parts are due
	turn(t, k)
	w.pass(30 * time.Minute) // the own token is
	o := turn(t, k)
	if s = w.state(); s.Access.Reveal() != "own" || access(s, fra) != "own"+fra+"-1" {
		t.Errorf("%q, %q", s.Access.Reveal(), access(s, fra))
	}
	if o.Failed == nil || o.Failed.Text != "down" || o.Usable.Access.Empty() {
		t.Errorf("%+v", o)
	}
	w.pass(70 * time.Minute) // all are dead
	if o = turn(t, k); !o.Usable.Access.Empty() || !o.Usable.ends().IsZero() {
		t.Errorf("what is dead is usable: %+v", o.Usable)
	}
}

// A person's request, a write that meets another, another identity, a target that is gone.
func TestPartsAreAskedForAndStored(t *testing.T) {
	w := newWorld(t)
	w.store(State{})
	k := w.keeper("a")
	k.Renewal.Refresh = nil
	tries, _ := deriving(k)
	conflicts := 2
	w.onSwap = func(string, *State) (bool, error) {
		if conflicts--; conflicts >= 0 {
			return false, &APIError{Verb: "update", Secret: "s", Kind: ErrConflict, Err: errors.New("no")}
		}
		return false, nil
	}
	turn(t, k)
	if s := w.state(); access(s, iad) != iad+"-1" || access(s, fra) != fra+"-1" || s.Generation != 2 {
		t.Errorf("%+v", s)
	}
	w.asked = "now"
	turn(t, k)
	turn(t, k)
	if s := w.state(); tries[iad] != 2 || tries[fra] != 2 || s.Generation != 4 || w.obeyed != "now" {
		t.Errorf("%v tries, generation %d, obeyed %q", tries, s.Generation, w.obeyed)
	}
	k.Parts = []string{iad}
	w.pass(31 * time.Minute)
	turn(t, k)
	if s := w.state(); len(s.Parts) != 1 || access(s, iad) != iad+"-3" {
		t.Errorf("%+v", s.Parts)
	}
	k.Identity = "other"
	if o := turn(t, k); o.Usable.Parts[iad].Access.Reveal() != iad+"-4" || w.state().Identity != "other" {
		t.Errorf("%+v", o.Usable.Parts)
	}
	k.Fence = func(Stamp) bool { return false }
	w.pass(31 * time.Minute)
	if _, err := k.Turn(context.Background()); err == nil || tries[iad] != 4 {
		t.Errorf("derived without the Lease: %v, %d tries", err, tries[iad])
	}
}

// A docker Secret for several registries has each with a token of its own, and those alone that live.
func TestDockerHoldsEachPart(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	p := Publication{Kind: Docker, Logins: []Login{
		{Host: "iad.ocir.io", Username: "BEARER_TOKEN", Part: iad}, {Host: "fra.ocir.io", Username: "BEARER_TOKEN", Part: fra},
		{Host: "r.example.com", Username: "oauth2"},
	}}
	s := &State{
		Access: text("own"), Obtained: Stamp{Wall: now}, Life: time.Hour,
		Parts: map[string]Part{
			iad: {Access: text("i"), Obtained: Stamp{Wall: now}, Life: 30 * time.Minute},
			fra: {Access: text("f"), Obtained: Stamp{Wall: now}, Life: 10 * time.Minute},
		},
	}
	at := Stamp{Wall: now.Add(20 * time.Minute)}
	want := `{"auths":{"iad.ocir.io":{"auth":"QkVBUkVSX1RPS0VOOmk="},"r.example.com":{"auth":"b2F1dGgyOm93bg=="}}}`
	if got := string(p.data(s, at)[".dockerconfigjson"]); got != want {
		t.Errorf("got %s", got)
	}
	if got := p.expires(s, at); !got.Equal(now.Add(30 * time.Minute)) {
		t.Errorf("it expires at %v", got)
	}
	if got := p.expires(s, Stamp{Wall: now.Add(2 * time.Hour)}); !got.IsZero() {
		t.Errorf("dead, it expires at %v", got)
	}
}
