package cache

import (
	"cmp"
	"errors"
	"testing"
	"time"
)

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
