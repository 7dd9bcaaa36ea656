package cache

import (
	"context"
	"strings"
	"testing"
	"time"
)

// A failure before anything was sent is about the way to the domain: who has another one isn't held up,
// neither by the pause nor while waiting for the lock.
func TestADeadProxyHoldsUpOnlyThoseBehindIt(t *testing.T) {
	for _, kind := range []Pause{PauseConnect, PauseWay} {
		dir, move := clocked(t)
		plant(t, dir, "old", "r", time.Hour, time.Hour)
		by := func(way string, r Renewal) Renewal {
			r.Way = func() string { return way }
			return r
		}
		failed, sent := 0, 0
		dead := by("proxy", refusing(&Refusal{Verdict: NotSent, Pause: kind, Failure: Failure{Text: "the proxy is down"}}, &failed))
		straight := by("straight", giving(aToken("new", "r2"), &sent))

		before := dir.readState(dir.name(testKey))
		if _, err := dir.Token(t.Context(), testKey, Query{}, dead); err == nil || err.Error() != "the proxy is down" {
			t.Fatalf("pause %d: got %v", kind, err)
		}
		for _, tt := range []struct {
			r    Renewal
			told bool
		}{{dead, true}, {straight, false}} {
			if news := dir.call(testKey, Query{}, tt.r).news(expired, before); (news != nil) != tt.told {
				t.Errorf("pause %d: one that waited with the way %s is told: %v", kind, tt.r.Way(), news != nil)
			}
		}
		_, err := dir.Token(t.Context(), testKey, Query{}, dead)
		if want := map[Pause]int{PauseConnect: 1, PauseWay: 2}[kind]; err == nil || failed != want {
			t.Errorf("pause %d: the same way: %v, tried %d times, want %d", kind, err, failed, want)
		}
		if v := dir.View(testKey, straight); !v.PauseUntil.IsZero() {
			t.Errorf("pause %d: the other way is said to be paused", kind)
		}
		got, err := dir.Token(t.Context(), testKey, Query{}, straight)
		if err != nil || got.Token.Access != text("new") || sent != 1 {
			t.Errorf("pause %d: another way: %v, sent %d times", kind, err, sent)
		}
		move(time.Hour)
	}
}

// A second failure in a row is told what the first one was; a success between makes a new row.
func TestAnAttemptKnowsTheFailureBeforeIt(t *testing.T) {
	dir, move := clocked(t)
	plant(t, dir, "old", "r", time.Hour, time.Hour)
	var last []string
	remember := func(a Attempt) {
		if a.Last == nil {
			last = append(last, "")
		} else {
			last = append(last, a.Last.Text)
		}
	}
	sent := 0
	for _, r := range []Renewal{
		refusing(&Refusal{Verdict: Doubt, Pause: PauseAnswer, Failure: Failure{Text: "first"}}, &sent),
		refusing(&Refusal{Verdict: Doubt, Pause: PauseAnswer, Failure: Failure{Text: "second"}}, &sent),
		giving(aToken("new", "r2"), &sent),
		giving(aToken("newer", "r3"), &sent),
	} {
		inner := r.Refresh
		r.Refresh = func(ctx context.Context, old Token, a Attempt) (Token, *Refusal) {
			remember(a)
			return inner(ctx, old, a)
		}
		_, _ = dir.Token(t.Context(), testKey, Query{Force: true}, r)
		move(time.Minute)
	}
	if got := strings.Join(last, ","); got != ",first,second," {
		t.Errorf("got %q", got)
	}
}
