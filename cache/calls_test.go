package cache

import (
	"errors"
	"testing"
	"time"
)

// `refresh` refreshes whatever time is left, unless another did since it began.
func TestForceAdoptsARefreshThatEndedAfterItBegan(t *testing.T) {
	dir, _ := clocked(t)
	plant(t, dir, "fresh", "r", time.Minute, time.Hour)
	h, err := dir.tryLock(dir.name(testKey))
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	c := dir.call(testKey, Query{Force: true}, giving(aToken("mine", "mine"), &sent))
	c.start = stored(t, dir)
	// Sent before this call began, saved after it.
	plant(t, dir, "theirs", "theirs", 10*time.Second, time.Hour)
	h.release()
	got, err := c.underLock(t.Context(), hard, state{})
	if err != nil || got.Token.Access != text("theirs") || sent != 0 {
		t.Errorf("got %s, %v, sent %d times", got.Token.Access.Reveal(), err, sent)
	}
	got, err = dir.Token(t.Context(), testKey, Query{Force: true}, giving(aToken("mine", "mine"), &sent))
	if err != nil || got.Token.Access != text("mine") || sent != 1 {
		t.Errorf("the next one: %s, %v, sent %d times", got.Token.Access.Reveal(), err, sent)
	}
}

func TestAForcedRefreshThatFailsIsAnError(t *testing.T) {
	dir, _ := clocked(t)
	plant(t, dir, "fresh", "r", time.Minute, time.Hour)
	sent := 0
	r := refusing(&Refusal{Verdict: Doubt, Pause: PauseAnswer, Failure: Failure{Text: "no"}}, &sent)
	for i := range 2 { // whatever pause there is
		if _, err := dir.Token(t.Context(), testKey, Query{Force: true}, r); err == nil || sent != i+1 {
			t.Errorf("got %v, sent %d times", err, sent)
		}
	}
	if got, err := dir.Token(t.Context(), testKey, Query{}, r); err != nil || len(got.Warnings) != 0 {
		t.Errorf("the fresh token: %v", err)
	}
}

// A server that refuses everything costs one refresh a minute.
func TestASuspectTokenIsRefreshedOnceAMinute(t *testing.T) {
	dir, move := clocked(t)
	tok := plant(t, dir, "fresh", "r", 59*time.Second, time.Hour)
	sent := 0
	r := giving(aToken("next", "next"), &sent)
	w := Query{Suspect: tok.Access.Fingerprint()}
	if got, err := dir.Token(t.Context(), testKey, w, r); err != nil || got.Token.Access != tok.Access || sent != 0 {
		t.Errorf("too young: %v, sent %d times", err, sent)
	}
	if got, err := dir.Token(t.Context(), testKey, Query{Suspect: text("other").Fingerprint()}, r); err != nil || got.Token.Access != tok.Access || sent != 0 {
		t.Errorf("another one: %v, sent %d times", err, sent)
	}
	move(time.Second)
	failed := 0
	fail := refusing(&Refusal{Verdict: Settled, Pause: PauseAnswer, Failure: Failure{Text: "no"}}, &failed)
	for range 3 { // one attempt, and the same token without a word
		got, err := dir.Token(t.Context(), testKey, w, fail)
		if err != nil || got.Token.Access != tok.Access || len(got.Warnings) != 0 || failed != 1 {
			t.Errorf("the refresh fails: %v %v, sent %d times", err, got.Warnings, failed)
		}
	}
	move(time.Minute)
	if got, err := dir.Token(t.Context(), testKey, w, r); err != nil || got.Token.Access != text("next") || sent != 1 {
		t.Errorf("refused: %v, sent %d times", err, sent)
	}
}

// S11, C9.
func TestDropForgetsTheRefusedAccessTokenAlone(t *testing.T) {
	dir, move := clocked(t)
	tok := plant(t, dir, "fresh", "r", 59*time.Second, time.Hour)
	drop := func(s string) Token {
		t.Helper()
		if err := dir.Drop(t.Context(), testKey, text(s)); err != nil {
			t.Fatal(err)
		}
		return stored(t, dir)
	}
	if drop("fresh") != tok {
		t.Error("dropped within a minute of obtaining")
	}
	move(time.Second)
	if drop("other") != tok || drop("") != tok {
		t.Error("dropped for another secret")
	}
	if got := drop("fresh"); !got.Access.Empty() || got.Refresh != tok.Refresh {
		t.Errorf("got %+v", got)
	}
	if left := leftovers(t, dir); left != nil {
		t.Errorf("left behind: %q", left)
	}
	if v := dir.View(testKey, Renewal{}); v.State != "expired" || !v.Refresh || !v.Expires.IsZero() {
		t.Errorf("view %+v", v)
	}
	sent := 0
	if got, err := dir.Token(t.Context(), testKey, Query{}, giving(aToken("next", "next"), &sent)); err != nil || got.Token.Access != text("next") {
		t.Errorf("got %v", err)
	}
}

// A folder copied from another machine serves what lives and spends nothing.
func TestACopySpendsNothing(t *testing.T) {
	dir, _ := clocked(t)
	dir.sys.Machine = func() string { return "other" }
	plant(t, dir, "alive", "r", 50*time.Minute, time.Hour)
	dir.sys.Machine = func() string { return "this" }
	sent := 0
	r := giving(aToken("x", "y"), &sent)
	if got, err := dir.Token(t.Context(), testKey, Query{}, r); err != nil || got.Token.Access != text("alive") {
		t.Errorf("alive: %v", err)
	}
	if _, err := dir.Token(t.Context(), testKey, Query{Force: true}, r); !errors.Is(err, ErrOtherMachine) {
		t.Errorf("forced: %v", err)
	}
	if sent != 0 {
		t.Errorf("sent %d times", sent)
	}
}
