package cache

import (
	"context"
	"errors"
	"testing"
	"time"
)

// A clocked folder has a clock that the test moves, and no randomness.
func clocked(t *testing.T) (dir *Dir, move func(time.Duration)) {
	t.Helper()
	dir = folder(t)
	now, boot := time.UnixMilli(1_795_521_600_000), 100*time.Hour
	dir.sys.Now = func() time.Time { return now }
	dir.sys.Boot = func() time.Duration { return boot }
	dir.sys.Spread = func() float64 { return 0.999999999 }
	return dir, func(d time.Duration) { now, boot = now.Add(d), boot+d }
}

// refusing is a Renewal that always says the same, and counts.
func refusing(r *Refusal, sent *int) Renewal {
	return Renewal{
		Client: func() string { return "client" },
		Refresh: func(_ context.Context, _ Token, a Attempt) (Token, *Refusal) {
			if r.Verdict != NotSent {
				if err := a.Sending(); err != nil {
					return Token{}, &Refusal{Err: err}
				}
			}
			*sent++
			return Token{}, r
		},
	}
}

// giving is a Renewal that answers with the next token.
func giving(next Token, sent *int) Renewal {
	return Renewal{
		Client: func() string { return "client" },
		Refresh: func(_ context.Context, _ Token, a Attempt) (Token, *Refusal) {
			if err := a.Sending(); err != nil {
				return Token{}, &Refusal{Err: err}
			}
			*sent++
			return next, nil
		},
	}
}

func aToken(access, refresh string) Token {
	return Token{Access: text(access), Refresh: text(refresh), AccessStamp: Stamp{Life: time.Hour}}
}

// What a failure means for the refresh token, the intent and the mark.
func TestVerdicts(t *testing.T) {
	for _, tt := range []struct {
		verdict             Verdict
		pause               Pause
		intent, mark, spent bool
	}{
		{NotSent, PauseConnect, false, false, false},
		{Settled, PauseAnswer, false, false, false},
		{Doubt, PauseAnswer, true, false, false},
		{Spent, NoPause, false, true, true},
	} {
		dir, _ := clocked(t)
		tok := plant(t, dir, "dead", "r", 2*time.Hour, time.Hour)
		sent := 0
		r := refusing(&Refusal{Verdict: tt.verdict, Pause: tt.pause, Failure: Failure{Text: "no"}}, &sent)
		_, err := dir.Token(t.Context(), testKey, Query{}, r)
		if _, spent := errors.AsType[*SpentError](err); spent != tt.spent {
			t.Errorf("verdict %d: %v", tt.verdict, err)
		}
		s := dir.readState(dir.name(testKey))
		if (s.Intent != nil) != tt.intent || (s.Mark != nil) != tt.mark || (s.Pause != nil) != (tt.pause != NoPause) {
			t.Errorf("verdict %d: state %+v", tt.verdict, s)
		}
		if stored(t, dir) != tok {
			t.Errorf("verdict %d: the token changed", tt.verdict)
		}
		if left := leftovers(t, dir); left != nil {
			t.Errorf("verdict %d: left behind: %q", tt.verdict, left)
		}
	}
}

// R11: A spent token is asked about once; only a person who says so asks again, and a login mends it.
func TestAMarkedTokenIsntSentAgain(t *testing.T) {
	dir, move := clocked(t)
	plant(t, dir, "dead", "r", 2*time.Hour, time.Hour)
	sent := 0
	r := refusing(&Refusal{Verdict: Spent, Failure: Failure{Text: "no"}}, &sent)
	for range 20 {
		if _, err := dir.again(t).Token(t.Context(), testKey, Query{}, r); err == nil || err.Error() != "the refresh token is spent" {
			t.Errorf("got %v", err)
		}
		move(time.Hour)
	}
	if sent != 1 {
		t.Errorf("sent %d times", sent)
	}
	if v := dir.View(testKey, r); v.State != "login_needed" || v.Refresh {
		t.Errorf("view %+v", v)
	}
	if _, err := dir.Token(t.Context(), testKey, Query{Force: true}, giving(aToken("a", "next"), &sent)); err != nil || sent != 2 {
		t.Errorf("forced: %v, sent %d times", err, sent)
	}
	if s := dir.readState(dir.name(testKey)); s.Mark != nil || s.Last != nil {
		t.Errorf("success left %+v", s)
	}
}

// R7: a token that dies while a refresh fails is no answer; one that lives is.
func TestATokenThatDiesMeanwhileIsNotServed(t *testing.T) {
	for _, tt := range []struct {
		meanwhile time.Duration
		served    bool
	}{{2 * time.Second, true}, {10 * time.Second, false}} {
		dir, move := clocked(t)
		plant(t, dir, "dying", "r", time.Hour-12*time.Second, time.Hour) // 12 s left: hard
		sent := 0
		fail := refusing(&Refusal{Verdict: Doubt, Pause: PauseAnswer, Failure: Failure{Text: "no"}}, &sent)
		r := fail
		r.Refresh = func(ctx context.Context, old Token, a Attempt) (Token, *Refusal) {
			move(tt.meanwhile)
			return fail.Refresh(ctx, old, a)
		}
		got, err := dir.Token(t.Context(), testKey, Query{}, r)
		if (err == nil) != tt.served {
			t.Errorf("after %v: %v", tt.meanwhile, err)
		}
		if tt.served && (got.Token.Access != text("dying") || len(got.Warnings) != 1) {
			t.Errorf("after %v: %+v", tt.meanwhile, got)
		}
	}
}

// A useless answer's refresh token is all that is left: it is stored and sent next time.
func TestAUselessAnswersSuccessorIsKept(t *testing.T) {
	dir, move := clocked(t)
	plant(t, dir, "dead", "r", 2*time.Hour, time.Hour)
	sent := 0
	r := refusing(&Refusal{Verdict: Settled, Pause: PauseAnswer, Refresh: text("successor"), Failure: Failure{Text: "useless"}}, &sent)
	if _, err := dir.Token(t.Context(), testKey, Query{}, r); err == nil || err.Error() != "useless" {
		t.Errorf("got %v", err)
	}
	got := stored(t, dir)
	if got.Refresh != text("successor") || got.Access != text("dead") || got.predecessor != digest(text("r")) {
		t.Errorf("stored %+v", got)
	}
	_, _ = dir.Token(t.Context(), testKey, Query{}, r)
	if sent != 1 {
		t.Error("no pause after it")
	}
	move(time.Minute)
	r.Refresh = func(_ context.Context, old Token, a Attempt) (Token, *Refusal) {
		if old.Refresh != text("successor") {
			t.Errorf("sends %s", old.Refresh.Reveal())
		}
		_ = a.Sending()
		return aToken("a", ""), nil
	}
	if _, err := dir.Token(t.Context(), testKey, Query{}, r); err != nil {
		t.Error(err)
	}
	if stored(t, dir).Refresh != text("successor") {
		t.Error("an answer without a refresh token lost the old one")
	}
}

// R10: A newer token on the disk is used, and what happened to the older one doesn't touch it.
func TestANewerTokenIsAdopted(t *testing.T) {
	dir, _ := clocked(t)
	plant(t, dir, "dead", "r", 2*time.Hour, time.Hour)
	sent := 0
	fail := refusing(&Refusal{Verdict: Spent, Failure: Failure{Text: "no"}}, &sent)
	r := fail
	r.Refresh = func(ctx context.Context, old Token, a Attempt) (Token, *Refusal) {
		got, refusal := fail.Refresh(ctx, old, a)
		plant(t, dir, "newer", "newer", 0, time.Hour) // a login, under a lock that we don't see
		return got, refusal
	}
	got, err := dir.Token(t.Context(), testKey, Query{}, r)
	if err != nil || got.Token.Access != text("newer") {
		t.Errorf("got %v", err)
	}
	if stored(t, dir).Refresh != text("newer") {
		t.Error("the newer token was touched")
	}
	if dir.readState(dir.name(testKey)).spent(stored(t, dir)) {
		t.Error("the newer token was marked")
	}
}

func TestTheDomainsClockIsRemembered(t *testing.T) {
	dir, move := clocked(t)
	plant(t, dir, "dead", "r", 2*time.Hour, time.Hour)
	var seen []time.Duration
	r := Renewal{Client: func() string { return "" }, Refresh: func(_ context.Context, _ Token, a Attempt) (Token, *Refusal) {
		seen = append(seen, a.Skew)
		a.Clock(10 * time.Minute)
		_ = a.Sending()
		return Token{}, &Refusal{Verdict: Settled, Pause: PauseAnswer, Failure: Failure{Text: "no"}}
	}}
	for range 2 {
		_, _ = dir.again(t).Token(t.Context(), testKey, Query{}, r)
		move(time.Hour)
	}
	if len(seen) != 2 || seen[0] != 0 || seen[1] != 10*time.Minute {
		t.Errorf("skew %v", seen)
	}
}
