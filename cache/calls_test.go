package cache

import (
	"cmp"
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
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

// A domain need not renew the ID token with a refresh, so the refused one stays, as old as it is: the
// minute counts from the refresh.
func TestASuspectIDTokenIsRefreshedOnceAMinute(t *testing.T) {
	dir, move := clocked(t)
	tok := plant(t, dir, "fresh", "r", 2*time.Minute, time.Hour)
	tok.ID, tok.IDStamp = text("id"), tok.AccessStamp
	plantToken(t, dir, tok)
	sent := 0
	w := Query{ID: true, Suspect: tok.ID.Fingerprint()}
	for minute := 1; minute <= 2; minute++ {
		r := giving(aToken("next", "next"), &sent)
		for range 3 {
			got, err := dir.Token(t.Context(), testKey, w, r)
			if err != nil || got.Token.ID != tok.ID || sent != minute {
				t.Fatalf("minute %d: %v, sent %d times", minute, err, sent)
			}
		}
		move(time.Minute)
	}
}

// Where no person is needed a grant replaces the refused ID token. It isn't lost to a grant that brings none.
func TestASuspectIDTokenIsGrantedAnew(t *testing.T) {
	for _, brings := range []string{"id2", ""} {
		dir, move := clocked(t)
		tok := plant(t, dir, "fresh", "r", 2*time.Minute, time.Hour)
		tok.ID, tok.IDStamp = text("id"), tok.AccessStamp
		plantToken(t, dir, tok)
		refreshed, granted := 0, 0
		r := giving(aToken("next", "next"), &refreshed)
		r.Grant = grantOf(func() (Token, *Refusal) {
			granted++
			next := aToken("granted", "r2")
			if brings != "" {
				next.ID, next.IDStamp.Life = text(brings), time.Hour
			}
			return next, nil
		})
		want := cmp.Or(brings, "id")
		for range 3 {
			got, err := dir.Token(t.Context(), testKey, Query{ID: true, Suspect: text("id").Fingerprint()}, r)
			if err != nil || got.Token.ID != text(want) || refreshed != 0 || granted != 1 {
				t.Errorf("grant brings %q: %v, %d refreshes, %d grants", brings, err, refreshed, granted)
			}
		}
		if brings != "" {
			continue
		}
		move(time.Minute)
		if got, err := dir.Token(t.Context(), testKey, Query{ID: true, Suspect: text("id").Fingerprint()}, r); err != nil || got.Token.ID != text("id") || granted != 2 {
			t.Errorf("a minute later: %v, %d grants", err, granted)
		}
		move(time.Hour) // and at its end it is no more
		for range 2 {
			if _, err := dir.Token(t.Context(), testKey, Query{ID: true}, r); !errors.Is(err, ErrNoID) || granted != 3 {
				t.Errorf("dead: %v, %d grants", err, granted)
			}
		}
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

// S53: Logout deletes everything but the lock, whatever the domain says about it.
func TestLogoutDeletesEverythingButTheLock(t *testing.T) {
	dir, _ := clocked(t)
	plant(t, dir, "a", "r", time.Minute, time.Hour)
	name := dir.name(testKey)
	if err := dir.writeState(name, sampleState(), false); err != nil {
		t.Fatal(err)
	}
	plantBytes(t, dir.file(name, ".new"), []byte("x"))
	plantBytes(t, dir.file(name, ".bad-20260101T000000.000"), []byte("x"))
	var revoked []string
	err := dir.Logout(t.Context(), testKey, func(_ context.Context, s secret.Text, _ time.Duration) error {
		revoked = append(revoked, s.Reveal())
		return errors.New("not revoked")
	})
	if err == nil || err.Error() != "not revoked" || len(revoked) != 1 || revoked[0] != "r" {
		t.Errorf("got %v, revoked %q", err, revoked)
	}
	entries, err := os.ReadDir(dir.path)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "CACHEDIR.TAG" && e.Name() != name+".lock" {
			t.Errorf("%s is still there", e.Name())
		}
	}
	if v := dir.View(testKey, Renewal{}); v.State != "none" {
		t.Errorf("view %+v", v)
	}
	if err := dir.Logout(t.Context(), testKey, nil); err != nil {
		t.Errorf("again: %v", err)
	}
}

// The only live token may lie in KEY.new, where a killed process left it: then that one is revoked. Where
// something else lies in the place of the token file nothing is, and nothing goes.
func TestLogoutRevokesTheSuccessor(t *testing.T) {
	dir, _ := clocked(t)
	old := plant(t, dir, "dead", "r", 2*time.Hour, time.Hour)
	next := Token{Access: text("a"), Refresh: text("next"), machine: old.machine, predecessor: digest(text("r"))}
	plantBytes(t, dir.file(dir.name(testKey), ".new"), seal(encodeToken(next)))
	json := dir.file(dir.name(testKey), ".json")
	revoked := func(_ context.Context, refresh secret.Text, _ time.Duration) error {
		if refresh != text("next") {
			t.Errorf("revoked %s", refresh.Reveal())
		}
		return nil
	}
	if err := os.Remove(json); err != nil {
		t.Fatal(err)
	}
	if err := dir.writeState(dir.name(testKey), state{Intent: &intent{Digest: digest(text("r")), At: dir.sys.Now().Add(-time.Hour)}}, false); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(json+"/in the way", 0o700); err != nil {
		t.Fatal(err)
	}
	err := dir.Logout(t.Context(), testKey, revoked)
	if _, ok := errors.AsType[*FolderError](err); !ok || !dir.exists(dir.name(testKey), ".new") {
		t.Errorf("got %v", err)
	}
	if err := os.RemoveAll(json); err != nil {
		t.Fatal(err)
	}
	if err := dir.Logout(t.Context(), testKey, revoked); err != nil || dir.exists(dir.name(testKey), ".new") {
		t.Errorf("then: %v", err)
	}
}

func TestLogoutOfABusyKeyDeletesNothing(t *testing.T) {
	dir, _ := clocked(t)
	dir.waits = waits{}
	tok := plant(t, dir, "a", "r", time.Minute, time.Hour)
	h, err := dir.tryLock(dir.name(testKey))
	if err != nil {
		t.Fatal(err)
	}
	defer h.release()
	err = dir.Logout(t.Context(), testKey, func(context.Context, secret.Text, time.Duration) error { t.Error("revoked"); return nil })
	if _, ok := errors.AsType[*BusyError](err); !ok || stored(t, dir) != tok {
		t.Errorf("got %v", err)
	}
}

func TestViewStates(t *testing.T) {
	grant := func(context.Context, Attempt) (Token, *Refusal) { panic("View asks nobody") }
	for _, tt := range []struct {
		name    string
		plant   func(t *testing.T, dir *Dir)
		r       Renewal
		state   string
		refresh bool
	}{
		{"nothing", func(*testing.T, *Dir) {}, Renewal{}, "none", false},
		{"fresh", func(t *testing.T, d *Dir) { plant(t, d, "a", "r", time.Minute, time.Hour) }, Renewal{}, "fresh", true},
		{"early", func(t *testing.T, d *Dir) { plant(t, d, "a", "r", 48*time.Minute, time.Hour) }, Renewal{}, "stale", true},
		{"just before early", func(t *testing.T, d *Dir) { plant(t, d, "a", "r", 48*time.Minute-time.Second, time.Hour) }, Renewal{}, "fresh", true},
		{"hard", func(t *testing.T, d *Dir) { plant(t, d, "a", "r", 59*time.Minute, time.Hour) }, Renewal{}, "stale", true},
		{"expired", func(t *testing.T, d *Dir) { plant(t, d, "a", "r", time.Hour, time.Hour) }, Renewal{}, "expired", true},
		{"expired, no refresh token", func(t *testing.T, d *Dir) { plant(t, d, "a", "", time.Hour, time.Hour) }, Renewal{}, "login_needed", false},
		{"expired, a grant", func(t *testing.T, d *Dir) { plant(t, d, "a", "", time.Hour, time.Hour) }, Renewal{Grant: grant}, "expired", true},
		{"damaged", func(t *testing.T, d *Dir) { plantBytes(t, d.file(d.name(testKey), ".json"), []byte("x")) }, Renewal{}, "login_needed", false},
		{"damaged, a grant", func(t *testing.T, d *Dir) { plantBytes(t, d.file(d.name(testKey), ".json"), []byte("x")) }, Renewal{Grant: grant}, "expired", true},
		{"another machine's, alive", func(t *testing.T, d *Dir) {
			d.sys.Machine = func() string { return "other" }
			plant(t, d, "a", "r", time.Minute, time.Hour)
			d.sys.Machine = func() string { return "this" }
		}, Renewal{}, "fresh", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, _ := clocked(t)
			tt.plant(t, dir)
			v := dir.View(testKey, tt.r)
			if v.State != tt.state || v.Refresh != tt.refresh {
				t.Errorf("got %+v, want %s, %v", v, tt.state, tt.refresh)
			}
			if tt.name[:3] == "dam" && v.Problem == nil {
				t.Error("no problem is named")
			}
		})
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

// The ID token has a life of its own, and a domain that gives no more of it isn't asked in vain.
func TestTheIDTokenServesToItsEnd(t *testing.T) {
	dir, move := clocked(t)
	sent := 0
	next := aToken("a2", "r2")
	next.AccessStamp.Life = 2 * time.Hour // no reason to refresh for its own sake
	first := aToken("a", "r")
	first.ID, first.IDStamp.Life = text("id"), 90*time.Minute
	if _, err := dir.Login(t.Context(), testKey, grantOf(func() (Token, *Refusal) { return first, nil })); err != nil {
		t.Fatal(err)
	}
	move(55 * time.Minute)
	if got, err := dir.Token(t.Context(), testKey, Query{}, giving(next, &sent)); err != nil || got.Token.ID != text("id") {
		t.Fatalf("refreshed without: %v", err)
	}
	move(34 * time.Minute)
	if got, err := dir.Token(t.Context(), testKey, Query{ID: true}, giving(next, &sent)); err != nil || got.Token.ID != text("id") || sent != 1 {
		t.Errorf("a minute before its end: %v, sent %d times", err, sent)
	}
	move(time.Minute)
	if _, err := dir.Token(t.Context(), testKey, Query{ID: true}, giving(next, &sent)); !errors.Is(err, ErrNoID) || err.Error() != ErrNoID.Error() || sent != 1 {
		t.Errorf("dead: %v, sent %d times", err, sent)
	}
}

// What a stored token says can be shown without the signature that makes it one, whatever its age.
func TestUnsigned(t *testing.T) {
	d := folder(t)
	if got := d.Unsigned(testKey, false); got != "" {
		t.Errorf("nothing is stored: %q", got)
	}
	for access, want := range map[string]string{"head.payload.signature": "head.payload.", "opaque": "", "a.b": "", "a.b.c.d": ""} {
		tok := plant(t, d, access, "refresh", 2*time.Hour, time.Hour)
		if got := d.again(t).Unsigned(testKey, false); got != want {
			t.Errorf("%s: got %q, want %q", access, got, want)
		}
		tok.ID = text("id." + access)
		plantToken(t, d, tok)
		if got := d.again(t).Unsigned(testKey, true); (got == "id.a.") != (access == "a.b") {
			t.Errorf("ID token of %s: got %q", access, got)
		}
	}
	plantBytes(t, d.file(d.name(testKey), ".json"), []byte("damaged"))
	if got := d.again(t).Unsigned(testKey, false); got != "" {
		t.Errorf("a damaged file: %q", got)
	}
}

// A login that needs no person has another ID token when its own is dead, by a grant, whether or not the
// last refresh brought none. If the grant brings none either, that is how it is.
func TestADeadIDTokenIsGrantedAnew(t *testing.T) {
	dir, move := clocked(t)
	first := aToken("a", "r")
	first.ID, first.IDStamp.Life = text("id"), 90*time.Minute
	if _, err := dir.Login(t.Context(), testKey, grantOf(func() (Token, *Refusal) { return first, nil })); err != nil {
		t.Fatal(err)
	}
	refreshed, granted := 0, 0
	r := giving(aToken("a2", "r2"), &refreshed)
	r.Grant = grantOf(func() (Token, *Refusal) {
		granted++
		next := aToken("a3", "r3")
		if granted < 3 {
			next.ID, next.IDStamp.Life = text("id3"), time.Hour
		}
		return next, nil
	})
	for i, step := range []struct {
		wait               time.Duration
		id                 string
		refreshed, granted int
	}{
		{55 * time.Minute, "id", 1, 0},  // the access token is due
		{25 * time.Minute, "id", 1, 0},  // to its end
		{10 * time.Minute, "id3", 1, 1}, // though the last refresh was not long ago
		{2 * time.Hour, "id3", 1, 2},    // though the refresh token is good
		{0, "id3", 1, 2},                // once
		{2 * time.Hour, "", 1, 3},       // the domain gives no ID tokens any more
		{time.Minute, "", 1, 3},         // nobody asks again
	} {
		move(step.wait)
		want := Query{ID: true}
		if step.wait == 55*time.Minute {
			want.ID = false
		}
		got, err := dir.Token(t.Context(), testKey, want, r)
		if step.id == "" && !errors.Is(err, ErrNoID) || step.id != "" && (err != nil || got.Token.ID != text(step.id)) {
			t.Errorf("step %d: %v", i, err)
		}
		if refreshed != step.refreshed || granted != step.granted {
			t.Errorf("step %d: %d refreshes, %d grants", i, refreshed, granted)
		}
	}
}

// A login that was killed before its rename is finished by the next call.
func TestAFirstLoginKilledBeforeItsRename(t *testing.T) {
	dir, _ := clocked(t)
	tok := aToken("a", "r")
	tok.AccessStamp.Obtained = dir.sys.Now()
	plantBytes(t, dir.file(dir.name(testKey), ".new"), seal(encodeToken(tok)))
	got, err := dir.Token(t.Context(), testKey, Query{}, Renewal{})
	if err != nil || got.Token.Access != text("a") {
		t.Errorf("got %v", err)
	}
}
