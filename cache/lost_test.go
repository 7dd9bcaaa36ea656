//go:build unix

package cache

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// whileSent is r with something that happens between sending and the answer.
func whileSent(r Renewal, happens func()) Renewal {
	refresh := r.Refresh
	r.Refresh = func(ctx context.Context, old Token, a Attempt) (Token, *Refusal) {
		t, refusal := refresh(ctx, old, a)
		happens()
		return t, refusal
	}
	return r
}

// block puts something in the way of KEY.new that no file takes the place of.
func block(t *testing.T, dir *Dir) {
	t.Helper()
	path := dir.file(dir.name(testKey), ".new")
	if err := os.Remove(path); err != nil {
		t.Error(err)
	}
	if err := os.MkdirAll(filepath.Join(path, "full"), 0o700); err != nil {
		t.Error(err)
	}
}

// R4: A token that couldn't be saved is answered with a warning, and the next call can know of it.
func TestATokenThatCantBeSavedIsAnsweredWithAWarning(t *testing.T) {
	dir, _ := clocked(t)
	old := plant(t, dir, "dead", "r", 2*time.Hour, time.Hour)
	sent := 0
	got, err := dir.Token(t.Context(), testKey, Query{}, whileSent(giving(aToken("a", "next"), &sent), func() { block(t, dir) }))
	if err != nil || got.Token.Access != text("a") || len(got.Warnings) != 1 {
		t.Fatalf("got %+v, %v", got, err)
	}
	if _, ok := errors.AsType[*NotSavedError](got.Warnings[0]); !ok {
		t.Errorf("warning %v", got.Warnings[0])
	}
	if s := dir.readState(dir.name(testKey)); stored(t, dir) != old || s.Intent == nil || s.Intent.Digest != digest(old.Refresh) {
		t.Errorf("state %+v", s)
	}
}

// The room is taken away while the answer is awaited: by somebody who cleans up, with the folder or
// without, or by another process' own. The successor goes into a second file.
func TestASecondFileIsMadeWhereTheRoomIsGone(t *testing.T) {
	for name, take := range map[string]func(t *testing.T, dir *Dir) error{
		"the file":   func(t *testing.T, dir *Dir) error { return os.Remove(dir.file(dir.name(testKey), ".new")) },
		"the folder": func(t *testing.T, dir *Dir) error { return os.RemoveAll(dir.path) },
		"another's": func(t *testing.T, dir *Dir) error {
			path := dir.file(dir.name(testKey), ".new")
			return errors.Join(os.Remove(path), os.WriteFile(path, []byte("theirs"), 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, _ := clocked(t)
			plant(t, dir, "dead", "r", 2*time.Hour, time.Hour)
			sent := 0
			got, err := dir.Token(t.Context(), testKey, Query{}, whileSent(giving(aToken("a", "next"), &sent), func() {
				if err := take(t, dir); err != nil {
					t.Error(err)
				}
			}))
			if err != nil || got.Token.Access != text("a") || len(got.Warnings) != 0 || stored(t, dir).Refresh != text("next") {
				t.Errorf("got %s, %v, %v", got.Token.Access.Reveal(), got.Warnings, err)
			}
			if left := leftovers(t, dir); left != nil {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

func TestASuccessorThatCantBeSavedLeavesTheIntent(t *testing.T) {
	dir, _ := clocked(t)
	plant(t, dir, "dead", "r", 2*time.Hour, time.Hour)
	sent := 0
	r := refusing(&Refusal{Verdict: Settled, Pause: PauseAnswer, Refresh: text("next"), Failure: Failure{Text: "useless"}}, &sent)
	if _, err := dir.Token(t.Context(), testKey, Query{}, whileSent(r, func() { block(t, dir) })); err == nil || err.Error() != "useless" {
		t.Errorf("got %v", err)
	}
	if s := dir.readState(dir.name(testKey)); s.Intent == nil || s.Pause == nil {
		t.Errorf("state %+v", s)
	}
}

// A login came between, under a lock file of its own: its token stays, and is the answer.
func TestALoginUnderAnotherLockFileIsNotOverwritten(t *testing.T) {
	dir, _ := clocked(t)
	plant(t, dir, "dead", "r", 2*time.Hour, time.Hour)
	sent := 0
	got, err := dir.Token(t.Context(), testKey, Query{}, whileSent(giving(aToken("a", "next"), &sent), func() {
		if err := os.Remove(dir.file(dir.name(testKey), ".lock")); err != nil {
			t.Error(err)
		}
		if _, err := dir.again(t).Login(t.Context(), testKey, grantOf(func() (Token, *Refusal) { return aToken("login", "login"), nil })); err != nil {
			t.Error(err)
		}
	}))
	if err != nil || got.Token.Access != text("login") || stored(t, dir).Refresh != text("login") {
		t.Errorf("got %s, %v", got.Token.Access.Reveal(), err)
	}
}

// Exchange was killed before its rename: what the given token was exchanged for is all that is left.
func TestAnExchangeKilledBeforeItsRename(t *testing.T) {
	dir, _ := clocked(t)
	old := plant(t, dir, "dead", "r", 2*time.Hour, time.Hour)
	name := dir.name(testKey)
	s := state{Intent: &intent{Digest: digest(text("given")), At: dir.sys.Now().Add(-time.Hour), Pid: os.Getpid(), Start: "1", Machine: "other"}}
	if err := dir.writeState(name, s, false); err != nil {
		t.Fatal(err)
	}
	next := aToken("a", "next")
	next.AccessStamp.Obtained, next.predecessor, next.machine = dir.sys.Now(), digest(text("given")), old.machine
	plantBytes(t, dir.file(name, ".new"), frame(encodeToken(next)))
	sent := 0
	got, err := dir.Token(t.Context(), testKey, Query{}, giving(aToken("x", "x"), &sent))
	if err != nil || got.Token.Access != text("a") || sent != 0 {
		t.Errorf("got %s, %v, sent %d times", got.Token.Access.Reveal(), err, sent)
	}
}

// Why a login is needed isn't forgotten because a person tries a refresh first: by typing it, or by
// bringing the same token again.
func TestAnInterruptionOutlivesATypedRefresh(t *testing.T) {
	for _, again := range []string{"refresh", "exchange"} {
		t.Run(again, func(t *testing.T) {
			dir, _ := clocked(t)
			plant(t, dir, "dead", "r", 2*time.Hour, time.Hour)
			plantIntent(t, dir, "r", deadPid(t))
			pid := dir.readState(dir.name(testKey)).Intent.Pid
			sent := 0
			r := refusing(&Refusal{Verdict: Spent, Failure: Failure{Text: "no"}}, &sent)
			_, err := dir.Token(t.Context(), testKey, Query{}, r)
			if h := heard(Result{}, err); h.Kind != "interrupted" || h.Pid != pid {
				t.Fatalf("got %+v", h)
			}
			if again == "refresh" {
				_, err = dir.Token(t.Context(), testKey, Query{Force: true}, r)
				if h := heard(Result{}, err); h.Kind != "interrupted" || h.Pid != pid {
					t.Errorf("refresh: %+v", h)
				}
			} else if _, err = dir.Exchange(t.Context(), testKey, text("r"), r); err == nil {
				t.Error("a spent token was taken")
			}
			if sent != 2 {
				t.Errorf("sent %d times", sent)
			}
			_, err = dir.Token(t.Context(), testKey, Query{}, r)
			if h := heard(Result{}, err); h.Kind != "interrupted" || h.Pid != pid || sent != 2 {
				t.Errorf("the next call: %+v, sent %d times", h, sent)
			}
		})
	}
}

// A row of failures belongs to one refresh token.
func TestAnotherTokensPausesStartAnew(t *testing.T) {
	dir, move := clocked(t)
	sent := 0
	r := refusing(&Refusal{Verdict: Settled, Pause: PauseAnswer, Failure: Failure{Text: "no"}}, &sent)
	for _, refresh := range []string{"r", "another"} {
		plant(t, dir, "dead", refresh, 2*time.Hour, time.Hour)
		_, _ = dir.Token(t.Context(), testKey, Query{}, r)
		move(5 * time.Second)
	}
	if _, _ = dir.Token(t.Context(), testKey, Query{}, r); sent != 3 {
		t.Errorf("sent %d times", sent)
	}
}

// A successor that lacks its rename is all there is, whatever is noted of the token that it replaces: a
// refresh typed by a person, a login or a token from elsewhere was killed there.
func TestASuccessorIsFoundBehindAMarkAndAPause(t *testing.T) {
	for name, note := range map[string]func(*state){
		"mark":  func(s *state) { s.Mark = &mark{Digest: digest(text("r"))} },
		"pause": func(s *state) { s.Last = &Failure{Text: "no"} },
	} {
		t.Run(name, func(t *testing.T) {
			dir, _ := clocked(t)
			old := plant(t, dir, "dead", "r", 2*time.Hour, time.Hour)
			now := dir.sys.Now()
			s := state{Pause: &pause{Refresh: digest(text("r")), Begun: now, End: now.Add(time.Minute), Kind: PauseAnswer}}
			note(&s)
			if err := dir.writeState(dir.name(testKey), s, false); err != nil {
				t.Fatal(err)
			}
			plantBytes(t, dir.file(dir.name(testKey), ".new"), frame(encodeToken(successorOf(old, "successor", "next", now))))
			sent := 0
			got, err := dir.Token(t.Context(), testKey, Query{}, giving(aToken("x", "x"), &sent))
			if err != nil || got.Token.Access != text("successor") || stored(t, dir).Refresh != text("next") || sent != 0 {
				t.Errorf("got %s, %v, sent %d times", got.Token.Access.Reveal(), err, sent)
			}
			if left := leftovers(t, dir); left != nil {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

// One that is adopted and due for a refresh itself is refreshed in the same transaction.
func TestAnAdoptedTokenIsRefreshedAtOnce(t *testing.T) {
	dir, move := clocked(t)
	old := plant(t, dir, "dead", "r", 2*time.Hour, time.Hour)
	plantBytes(t, dir.file(dir.name(testKey), ".new"), frame(encodeToken(successorOf(old, "successor", "next", dir.sys.Now()))))
	move(2 * time.Hour)
	connected, sent := 0, 0
	r := giving(aToken("a", "r3"), &sent)
	refresh := r.Refresh
	r.Refresh = func(ctx context.Context, old Token, a Attempt) (Token, *Refusal) {
		connected++
		return refresh(ctx, old, a)
	}
	got, err := dir.Token(t.Context(), testKey, Query{}, r)
	if err != nil || got.Token.Access != text("a") || connected != 1 || sent != 1 {
		t.Errorf("got %s, %v, connected %d times, sent %d times", got.Token.Access.Reveal(), err, connected, sent)
	}
}
