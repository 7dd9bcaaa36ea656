package cache

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Nobody logs in for nothing: a lock that can't be had, or a folder without room, is found out before the
// domain is asked.
func TestALoginLooksFirst(t *testing.T) {
	asked := grantOf(func() (Token, *Refusal) { t.Error("asked the domain"); return aToken("a", "r"), nil })
	t.Run("a stopped holder", func(t *testing.T) {
		dir, _ := clocked(t)
		dir.waits.expired = 0
		h, err := dir.tryLock(dir.name(testKey))
		if err != nil {
			t.Fatal(err)
		}
		defer h.release()
		_, err = dir.Login(t.Context(), testKey, asked)
		if _, busy := errors.AsType[*BusyError](err); !busy {
			t.Errorf("got %v", err)
		}
	})
	t.Run("something in the token file's place", func(t *testing.T) {
		dir, _ := clocked(t)
		if err := os.MkdirAll(filepath.Join(dir.file(dir.name(testKey), ".json"), "x"), 0o700); err != nil {
			t.Fatal(err)
		}
		_, err := dir.Login(t.Context(), testKey, asked)
		if _, ok := errors.AsType[*FolderError](err); !ok {
			t.Errorf("got %v", err)
		}
	})
	t.Run("something in the way of the new file", func(t *testing.T) {
		dir, _ := clocked(t)
		if err := os.MkdirAll(filepath.Join(dir.file(dir.name(testKey), ".new"), "x"), 0o700); err != nil {
			t.Fatal(err)
		}
		_, err := dir.Login(t.Context(), testKey, asked)
		if _, ok := errors.AsType[*FolderError](err); !ok {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a new file that can't be deleted", func(t *testing.T) {
		dir, _ := clocked(t)
		path := dir.file(dir.name(testKey), ".new")
		plantBytes(t, path, []byte("left"))
		if out, err := exec.Command("chattr", "+i", path).CombinedOutput(); err != nil {
			t.Skipf("no file can be made immutable here: %v %s", err, out)
		}
		defer func() { _ = exec.Command("chattr", "-i", path).Run() }()
		_, err := dir.Login(t.Context(), testKey, asked)
		if _, ok := errors.AsType[*FolderError](err); !ok {
			t.Errorf("got %v", err)
		}
	})
}

// A login that fails leaves what a killed refresh left.
func TestALoginThatFailsKeepsASuccessor(t *testing.T) {
	dir, _ := clocked(t)
	old := plant(t, dir, "dead", "r", 2*time.Hour, time.Hour)
	plantBytes(t, dir.file(dir.name(testKey), ".new"), frame(encodeToken(Token{Access: text("a"), Refresh: text("next"), predecessor: digest(old.Refresh)})))
	_, err := dir.Login(t.Context(), testKey, grantOf(func() (Token, *Refusal) { return Token{}, &Refusal{Failure: Failure{Text: "no"}} }))
	if err == nil || err.Error() != "no" {
		t.Errorf("got %v", err)
	}
	if !dir.exists(dir.name(testKey), ".new") {
		t.Error("the successor is gone")
	}
}

// Two logins of one key at a time: the one that ends first is overwritten, and the other one is told, so so that
// the domain can forget it. A login in place of an old one tells nothing.
func TestALoginTellsWhomItOverwrote(t *testing.T) {
	for name, tt := range map[string]struct {
		meanwhile func(dir *Dir) error
		want      string
	}{
		"another login": {func(dir *Dir) error {
			_, err := dir.Login(t.Context(), testKey, grantOf(func() (Token, *Refusal) { return aToken("b", "second"), nil }))
			return err
		}, "second"},
		"a refresh": {func(dir *Dir) error {
			sent := 0
			_, err := dir.Token(t.Context(), testKey, Query{Force: true}, giving(aToken("b", "refreshed"), &sent))
			return err
		}, "refreshed"},
		"nothing": {func(*Dir) error { return nil }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir, _ := clocked(t)
			plant(t, dir, "old", "r", time.Minute, time.Hour)
			got, err := dir.Login(t.Context(), testKey, grantOf(func() (Token, *Refusal) {
				if err := tt.meanwhile(dir.again(t)); err != nil {
					t.Error(err)
				}
				return aToken("a", "first"), nil
			}))
			if err != nil || got.Overwritten.Reveal() != tt.want {
				t.Errorf("overwrote %q, %v", got.Overwritten.Reveal(), err)
			}
			if stored(t, dir).Refresh != text("first") {
				t.Error("it isn't stored")
			}
		})
	}
}

// A refresh token from elsewhere is held against what is known here. What would end a login isn't sent.
func TestAKnownRefreshTokenIsntSent(t *testing.T) {
	const otherKey = Key("fedcba9876543210fedcba9876543210")
	for _, tt := range []struct {
		name, given string
		refreshes   int // meanwhile
		spent       bool
		sent        int
	}{
		{"typed twice", "given", 0, true, 0},
		{"typed again much later", "given", 3, true, 0},
		{"another profile's", "other", 0, false, 0},
		{"another profile's, spent", "before", 0, true, 0},
		{"another profile's, from the beginning", "began", 0, true, 0},
		{"the stored one", "r", 0, false, 1},
		{"unknown", "unknown", 0, false, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, _ := clocked(t)
			sent := 0
			if _, err := dir.Exchange(t.Context(), testKey, text("given"), giving(aToken("a", "r"), &sent)); err != nil {
				t.Fatal(err)
			}
			other := Token{Access: text("x"), Refresh: text("other"), predecessor: digest(text("before")), given: digest(text("began"))}
			plantBytes(t, dir.file(string(otherKey), ".json"), frame(encodeToken(other)))
			for i := range tt.refreshes {
				next := giving(aToken("a", strings.Repeat("r", tt.refreshes-i)), &sent)
				if _, err := dir.again(t).Token(t.Context(), testKey, Query{Force: true}, next); err != nil {
					t.Fatal(err)
				}
			}
			sent = 0
			_, err := dir.Exchange(t.Context(), testKey, text(tt.given), giving(aToken("b", "s"), &sent))
			known, ok := errors.AsType[*GivenError](err)
			if ok != (tt.sent == 0) || sent != tt.sent || ok && known.Spent != tt.spent {
				t.Errorf("got %v, sent %d times", err, sent)
			}
			if ok && stored(t, dir).Refresh != text("r") {
				t.Error("what is stored changed")
			}
		})
	}
}

// Files of no key that anybody knows are deleted and named; locks and others' files stay.
func TestForgetOthers(t *testing.T) {
	dir, _ := clocked(t)
	plant(t, dir, "a", "r", time.Minute, time.Hour)
	const stray, lockOnly = "fedcba9876543210fedcba9876543210", "00000000000000000000000000000000"
	for _, name := range []string{stray + ".json", stray + ".state", stray + ".bad-20260101T000000.000", lockOnly + ".lock", "notes.json"} {
		plantBytes(t, filepath.Join(dir.path, name), []byte("x"))
	}
	gone, err := dir.ForgetOthers(t.Context(), []Key{testKey})
	if err != nil || len(gone) != 1 || gone[0] != stray {
		t.Errorf("got %q, %v", gone, err)
	}
	if dir.anything(stray) || stored(t, dir).Refresh != text("r") || !dir.exists("notes", ".json") || !dir.exists(lockOnly, ".lock") {
		t.Error("the wrong files are gone")
	}
	if gone, err := dir.ForgetOthers(t.Context(), []Key{testKey}); err != nil || gone != nil {
		t.Errorf("again: %q, %v", gone, err)
	}
}

// Exchange stores nothing unless the domain answers with a token, or with a successor.
func TestExchange(t *testing.T) {
	for _, tt := range []struct {
		name   string
		given  string
		r      *Refusal
		stored string // refresh token afterwards
		intent bool
		mark   bool
	}{
		{"answered", "given", nil, "next", false, false},
		{"not sent", "given", &Refusal{Verdict: NotSent, Pause: PauseConnect}, "r", false, false},
		{"refused", "given", &Refusal{Verdict: Spent}, "r", false, false},
		{"in doubt", "given", &Refusal{Verdict: Doubt, Pause: PauseAnswer}, "r", false, false},
		{"useless answer", "given", &Refusal{Verdict: Settled, Refresh: text("successor")}, "successor", false, false},
		{"the stored one, refused", "r", &Refusal{Verdict: Spent}, "r", false, true},
		{"the stored one, in doubt", "r", &Refusal{Verdict: Doubt, Pause: PauseAnswer}, "r", true, false},
		{"the stored one, not sent", "r", &Refusal{Verdict: NotSent}, "r", false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, _ := clocked(t)
			old := plant(t, dir, "a", "r", time.Minute, time.Hour)
			sent := 0
			r := giving(aToken("next", "next"), &sent)
			if tt.r != nil {
				tt.r.Failure = Failure{Text: "no"}
				r = refusing(tt.r, &sent)
			}
			_, err := dir.Exchange(t.Context(), testKey, text(tt.given), r)
			if (err == nil) != (tt.r == nil) || sent != 1 {
				t.Errorf("got %v, sent %d times", err, sent)
			}
			got := stored(t, dir)
			if got.Refresh != text(tt.stored) || tt.stored == "r" && got != old {
				t.Errorf("stored %s", got.Refresh.Reveal())
			}
			if tt.stored != "r" && (got.predecessor != digest(text(tt.given)) || got.machine != dir.sys.Machine()) {
				t.Errorf("predecessor or machine: %+v", got)
			}
			if s := dir.readState(dir.name(testKey)); (s.Intent != nil) != tt.intent || (s.Mark != nil) != tt.mark {
				t.Errorf("state %+v", s)
			}
			if left := leftovers(t, dir); left != nil {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

// A login that was killed before its rename is finished by the next call.
func TestAFirstLoginKilledBeforeItsRename(t *testing.T) {
	dir, _ := clocked(t)
	tok := aToken("a", "r")
	tok.AccessStamp.Obtained = dir.sys.Now()
	plantBytes(t, dir.file(dir.name(testKey), ".new"), frame(encodeToken(tok)))
	got, err := dir.Token(t.Context(), testKey, Query{}, Renewal{})
	if err != nil || got.Token.Access != text("a") {
		t.Errorf("got %v", err)
	}
}
