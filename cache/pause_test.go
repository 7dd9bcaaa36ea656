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

// Pauses double with each failure in a row up to the last one, and end to the millisecond.
func TestPausesDouble(t *testing.T) {
	for _, tt := range []struct {
		name string
		r    Refusal
		want []int // seconds
	}{
		{"connect", Refusal{Verdict: NotSent, Pause: PauseConnect}, []int{5, 10, 20, 30, 30}},
		{"answer", Refusal{Verdict: Doubt, Pause: PauseAnswer}, []int{5, 10, 20, 40, 80, 120, 120}},
		{"client", Refusal{Verdict: Settled, Pause: PauseClient}, []int{60, 60}},
		{"Retry-After", Refusal{Verdict: Settled, Pause: PauseAnswer, RetryAfter: 7 * time.Second}, []int{7, 7}},
		{"Retry-After too long", Refusal{Verdict: Settled, Pause: PauseAnswer, RetryAfter: 1e9 * time.Second}, []int{300}},
		{"Retry-After too short", Refusal{Verdict: Settled, Pause: PauseAnswer, RetryAfter: time.Millisecond}, []int{1}},
		{"none", Refusal{Verdict: Settled}, []int{0, 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, move := clocked(t)
			plant(t, dir, "dead", "r", 2*time.Hour, time.Hour)
			tt.r.Failure = Failure{Class: "later", Text: "no"}
			sent := 0
			r := refusing(&tt.r, &sent)
			ask := func() {
				t.Helper()
				if _, err := dir.again(t).Token(t.Context(), testKey, Query{}, r); err == nil || err.Error() != "no" {
					t.Errorf("got %v", err)
				}
			}
			for i, s := range tt.want {
				ask()
				if sent != i+1 {
					t.Fatalf("attempt %d: sent %d times", i+1, sent)
				}
				if s == 0 {
					continue
				}
				move(time.Duration(s)*time.Second - time.Millisecond)
				if ask(); sent != i+1 {
					t.Errorf("attempt %d: sent again before %d s", i+1, s)
				}
				move(time.Millisecond)
			}
		})
	}
}

func TestAPauseIsSpreadDownToAHalf(t *testing.T) {
	dir, move := clocked(t)
	dir.sys.Spread = func() float64 { return 0 }
	plant(t, dir, "dead", "r", 2*time.Hour, time.Hour)
	sent := 0
	r := refusing(&Refusal{Verdict: Doubt, Pause: PauseAnswer, Failure: Failure{Text: "no"}}, &sent)
	_, _ = dir.Token(t.Context(), testKey, Query{}, r)
	move(2500 * time.Millisecond)
	if _, _ = dir.Token(t.Context(), testKey, Query{}, r); sent != 2 {
		t.Errorf("sent %d times", sent)
	}
}

func TestWhatEndsAPause(t *testing.T) {
	for _, tt := range []struct {
		name  string
		pause Pause
		end   func(t *testing.T, dir *Dir, r *Renewal, move func(time.Duration))
		sent  int
	}{
		{"nothing", PauseAnswer, func(t *testing.T, dir *Dir, r *Renewal, move func(time.Duration)) {}, 1},
		{"the client changes, and was the reason", PauseClient, func(t *testing.T, dir *Dir, r *Renewal, move func(time.Duration)) {
			r.Client = func() string { return "mended" }
		}, 2},
		{"the client changes, and wasn't the reason", PauseAnswer, func(t *testing.T, dir *Dir, r *Renewal, move func(time.Duration)) {
			r.Client = func() string { return "mended" }
		}, 1},
		{"another refresh token", PauseAnswer, func(t *testing.T, dir *Dir, r *Renewal, move func(time.Duration)) {
			plant(t, dir, "dead", "another", 2*time.Hour, time.Hour)
		}, 2},
		{"the clock is set back", PauseAnswer, func(t *testing.T, dir *Dir, r *Renewal, move func(time.Duration)) { move(-time.Minute) }, 2},
		{"a login", PauseAnswer, func(t *testing.T, dir *Dir, r *Renewal, move func(time.Duration)) {
			if _, err := dir.Login(t.Context(), testKey, grantOf(func() (Token, *Refusal) { return aToken("a", "r"), nil })); err != nil {
				t.Error(err)
			}
			move(2 * time.Hour)
			move(-2 * time.Hour)
			plant(t, dir, "dead", "r", 2*time.Hour, time.Hour) // the same refresh token, dead again
		}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, move := clocked(t)
			plant(t, dir, "dead", "r", 2*time.Hour, time.Hour)
			sent := 0
			r := refusing(&Refusal{Verdict: Settled, Pause: tt.pause, Failure: Failure{Text: "no"}}, &sent)
			_, _ = dir.Token(t.Context(), testKey, Query{}, r)
			tt.end(t, dir, &r, move)
			_, _ = dir.Token(t.Context(), testKey, Query{}, r)
			if sent != tt.sent {
				t.Errorf("sent %d times, want %d", sent, tt.sent)
			}
		})
	}
}
