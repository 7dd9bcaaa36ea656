//go:build linux

package cache

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// slowConnect is a Renewal whose connection takes so long, and whose answer too.
func slowConnect(connect, answer time.Duration, seen *Attempt, sent *int) Renewal {
	r := giving(aToken("a", "next"), sent)
	r.Refresh = func(ctx context.Context, _ Token, a Attempt) (Token, *Refusal) {
		*seen = a
		if connect > a.Connect {
			time.Sleep(a.Connect)
			return Token{}, &Refusal{Verdict: NotSent, Pause: PauseConnect, Failure: Failure{Text: "no connection"}}
		}
		time.Sleep(connect)
		if err := a.Sending(); err != nil {
			return Token{}, &Refusal{Err: err}
		}
		*sent++
		select {
		case <-time.After(answer):
			return aToken("a", "next"), nil
		case <-ctx.Done():
			return Token{}, &Refusal{Verdict: Doubt, Pause: PauseAnswer, Failure: Failure{Text: "no answer"}}
		}
	}
	return r
}

// What a connection may take, by zone, and what an answer may: as long as the call has, in every zone.
func TestASlowDomainCostsNoLogin(t *testing.T) {
	for _, tt := range []struct {
		name            string
		age             time.Duration // of 60 minutes
		want            Query
		held            time.Duration // the lock, by somebody else
		sending         bool          // who awaits the domain's answer
		connect, answer time.Duration
		limit           time.Duration // of the connection
		sent            int
		access          string
		err             error
	}{
		{name: "expired, 9 s", age: 2 * time.Hour, answer: 9 * time.Second, limit: 10 * time.Second, sent: 1, access: "a"},
		{name: "expired, slow names", age: 2 * time.Hour, connect: 9 * time.Second, answer: 15 * time.Second, limit: 10 * time.Second, sent: 1, access: "a"},
		{name: "hard, 20 s", age: 3590 * time.Second, answer: 20 * time.Second, limit: 10 * time.Second, sent: 1, access: "a"},
		{name: "early, 20 s", age: 50 * time.Minute, answer: 20 * time.Second, limit: time.Second, sent: 1, access: "a"},
		{name: "early, slow names", age: 50 * time.Minute, connect: 2 * time.Second, limit: time.Second, access: "old"},
		{name: "typed", age: 2 * time.Hour, want: Query{Force: true}, connect: 19 * time.Second, answer: 20 * time.Second, limit: 20 * time.Second, sent: 1, access: "a"},
		{name: "a long wait, time enough", age: 2 * time.Hour, held: 14 * time.Second, connect: 2 * time.Second, answer: 8 * time.Second, limit: 10 * time.Second, sent: 1, access: "a"},
		{name: "a long wait, too late", age: 2 * time.Hour, held: 14 * time.Second, connect: 4 * time.Second, limit: 10 * time.Second, err: ErrTooLate},
		{name: "a holder that awaits its answer, and ends without", age: 2 * time.Hour, held: 20 * time.Second, sending: true, err: ErrTooLate},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := folder(t)
			dir.sys.Gather = nil
			synctest.Test(t, func(t *testing.T) {
				now := time.Now()
				dir.sys.Now, dir.sys.Boot = time.Now, func() time.Duration { return time.Since(now) + 100*time.Hour }
				dir.sys.Shield = func() func() error { return func() error { return nil } }
				plant(t, dir, "old", "r", tt.age, time.Hour)
				if tt.sending {
					plantIntent(t, dir, "another", 1)
					dir.sys.Running = func(int, string) bool { return true }
				}
				if tt.held > 0 {
					h, err := dir.tryLock(dir.name(testKey))
					if err != nil {
						t.Fatal(err)
					}
					go func() {
						time.Sleep(tt.held)
						h.release()
					}()
				}
				var seen Attempt
				sent := 0
				begun := time.Now()
				got, err := dir.Token(t.Context(), testKey, tt.want, slowConnect(tt.connect, tt.answer, &seen, &sent))
				if !errors.Is(err, tt.err) || got.Token.Access.Reveal() != tt.access || sent != tt.sent {
					t.Errorf("got %q, %v, sent %d times", got.Token.Access.Reveal(), err, sent)
				}
				if seen.Connect != tt.limit {
					t.Errorf("the connection may take %v, want %v", seen.Connect, tt.limit)
				}
				if d := time.Since(begun); !tt.want.Force && d > limitCall+time.Second {
					t.Errorf("the call took %v", d)
				}
				if s := dir.readState(dir.name(testKey)); tt.err != nil && (s.Intent != nil && !tt.sending || s.Pause != nil || s.Attempts != 0) {
					t.Errorf("what never was sent left %+v", s)
				}
			})
			if left := leftovers(t, dir); left != nil {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}
