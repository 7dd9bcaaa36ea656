package cache

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

func TestASealedLoginIsRefreshedSealed(t *testing.T) {
	dir, s, move := sealedLogin(t)
	if got, err := dir.again(t).Token(t.Context(), testKey, Query{}, Renewal{}); err != nil || got.Token.Access != text("a-secret-access") {
		t.Fatalf("fresh: %v", err)
	}
	if v := dir.View(testKey, Renewal{}); v.Seal != "kernel" || v.State != "fresh" {
		t.Errorf("view %+v", v)
	}
	move(2 * time.Hour)
	dir.sys.Seal = "" // the form of the file counts, not the setting
	sent := 0
	if _, err := dir.again(t).Token(t.Context(), testKey, Query{}, giving(aToken("b-secret-access", "b-secret-refresh"), &sent)); err != nil || sent != 1 {
		t.Errorf("refresh: %v", err)
	}
	if got := stored(t, dir); got.Refresh != text("b-secret-refresh") || !got.form.sealed() {
		t.Errorf("stored %+v", got.form)
	}
	nothingOpen(t, dir, "secret")
	if len(s.keys) != 1 {
		t.Errorf("%d keys", len(s.keys))
	}
}

// locked: nothing is sent, written or locked, and it works again when the key is back. lost: the store says that
// there is no such key, and a login is needed.
func TestASealedFileWithoutItsKey(t *testing.T) {
	for _, lost := range []bool{false, true} {
		dir, s, move := sealedLogin(t)
		move(2 * time.Hour)
		keys := s.keys
		if lost {
			s.keys = nil
		} else {
			s.closed = errors.New("the keyring is locked")
		}
		before := listing(t, dir.path)
		sent := 0
		r := giving(aToken("x", "y"), &sent)
		for _, w := range []Query{{}, {Force: true}, {CachedOnly: true}} {
			_, err := dir.again(t).Token(t.Context(), testKey, w, r)
			if sealed, ok := errors.AsType[*SealedError](err); !ok || sealed.Lost != lost {
				t.Errorf("lost %v, %+v: %v", lost, w, err)
			}
		}
		if err := dir.again(t).Drop(t.Context(), testKey, text("a-secret-access")); err != nil {
			t.Errorf("erase: %v", err)
		}
		want := map[bool]string{false: "locked", true: "login_needed"}[lost]
		if v := dir.again(t).View(testKey, Renewal{}); v.State != want || v.Seal != "kernel" || v.Problem == nil {
			t.Errorf("view %+v", v)
		}
		if after := listing(t, dir.path); after != before || sent != 0 {
			t.Errorf("the folder changed, or something was sent (%d): %s, then %s", sent, before, after)
		}
		s.keys, s.closed = keys, nil
		if _, err := dir.again(t).Token(t.Context(), testKey, Query{}, r); err != nil || sent != 1 {
			t.Errorf("with its key: %v, sent %d times", err, sent)
		}
	}
}

// A login that needs no person gets other tokens where the key is lost, with a new key, and never where it is
// only locked.
func TestAGrantInPlaceOfALostKey(t *testing.T) {
	dir, s, _ := sealedLogin(t)
	granted := 0
	r := Renewal{Client: func() string { return "" }, Grant: grantOf(func() (Token, *Refusal) {
		granted++
		return aToken("g-secret", "g-secret-refresh"), nil
	})}
	s.closed = errors.New("locked")
	if _, err := dir.again(t).Token(t.Context(), testKey, Query{}, r); err == nil || granted != 0 {
		t.Errorf("locked: %v, %d grants", err, granted)
	}
	s.closed, s.keys = nil, nil
	for range 2 {
		if got, err := dir.again(t).Token(t.Context(), testKey, Query{}, r); err != nil || got.Token.Access != text("g-secret") || granted != 1 {
			t.Errorf("lost: %v, %d grants", err, granted)
		}
	}
	if n := len(dir.aside(dir.name(testKey), sealedFile)); n != 1 {
		t.Errorf("%d files are kept", n)
	}
	nothingOpen(t, dir, "secret")
}

// A login looks whether its tokens can be sealed before it asks anybody.
func TestALoginThatCantSeal(t *testing.T) {
	for name, spoil := range map[string]func(*Dir, *shelf){
		"locked": func(_ *Dir, s *shelf) { s.closed = errors.New("locked") },
		"full":   func(_ *Dir, s *shelf) { s.keys, s.full = nil, errors.New("quota") },
		"none":   func(d *Dir, _ *shelf) { d.sys.Seal = "nosuch" },
	} {
		t.Run(name, func(t *testing.T) {
			dir, s, _ := sealedLogin(t)
			spoil(dir, s)
			_, err := dir.again(t).Login(t.Context(), testKey, grantOf(func() (Token, *Refusal) { t.Error("asked"); return Token{}, nil }))
			if !isSealed(err) {
				t.Errorf("got %v", err)
			}
			_, err = dir.again(t).Exchange(t.Context(), testKey, text("given"), giving(aToken("x", "y"), new(int)))
			if !isSealed(err) {
				t.Errorf("exchange: %v", err)
			}
		})
	}
	dir, s, _ := sealedLogin(t)
	s.keys = nil // a reboot
	if _, err := dir.again(t).Login(t.Context(), testKey, grantOf(func() (Token, *Refusal) { return aToken("b", "s"), nil })); err != nil {
		t.Errorf("after a reboot: %v", err)
	}
	if got := stored(t, dir.again(t)); got.Refresh != text("s") || !got.form.sealed() || len(dir.aside(dir.name(testKey), sealedFile)) != 1 {
		t.Errorf("stored %+v", got.form)
	}
}

// A box belongs to its key's name: under another it is damaged, as is one with a bit changed. A reader never
// panics and never believes.
func TestABoxIsBelievedWholeOrNotAtAll(t *testing.T) {
	dir, _, _ := sealedLogin(t)
	path := dir.file(dir.name(testKey), ".json")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const otherKey = "fedcba9876543210fedcba9876543210"
	plantBytes(t, dir.file(otherKey, ".json"), whole)
	if _, err := dir.read(otherKey); !errors.Is(err, errDamaged) {
		t.Errorf("moved: %v", err)
	}
	for i := range whole {
		b := bytes.Clone(whole)
		b[i] ^= 1
		plantBytes(t, path, b)
		if got, err := dir.read(dir.name(testKey)); err == nil && got != stored(t, dir) {
			t.Fatalf("byte %d: %+v", i, got)
		}
		plantBytes(t, path, whole[:i])
		if _, err := dir.read(dir.name(testKey)); err == nil && i < len(whole)-1 {
			t.Fatalf("cut at %d", i)
		}
	}
	// Written again by somebody without the key: the checksum is right, but it can't be decrypted.
	_, record, _, err := unframeAny(whole)
	if err != nil {
		t.Fatal(err)
	}
	record = bytes.Clone(record)
	record[len(record)-40] ^= 1
	plantBytes(t, path, frameAs(boxVersion, record))
	if _, err := dir.read(dir.name(testKey)); err == nil {
		t.Error("an altered box was believed")
	}
}

// What the program of before makes of a sealed file: another version's, which it leaves alone.
func TestOlderProgramsLeaveASealedFileAlone(t *testing.T) {
	dir, _, _ := sealedLogin(t)
	b, err := os.ReadFile(dir.file(dir.name(testKey), ".json"))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := unframe(b); !errors.Is(err, errNewer) {
		t.Errorf("got %v", err)
	}
}

func TestResealWritesTheConfiguredForm(t *testing.T) {
	dir, s, move := sealedFolder(t)
	dir.sys.Seal = ""
	if _, err := dir.Login(t.Context(), testKey, grantOf(func() (Token, *Refusal) { return aToken("a-secret", "r-secret"), nil })); err != nil {
		t.Fatal(err)
	}
	for _, store := range []string{"kernel", ""} {
		dir.sys.Seal = store
		for _, want := range []bool{true, false} {
			if changed, err := dir.again(t).Reseal(t.Context(), testKey); err != nil || changed != want {
				t.Errorf("%q: changed %v, %v", store, changed, err)
			}
		}
		got := stored(t, dir.again(t))
		if got.form.store != store || got.Access != text("a-secret") || got.Refresh != text("r-secret") || got.copied {
			t.Errorf("%q: stored %+v", store, got.form)
		}
		if store != "" {
			nothingOpen(t, dir, "secret")
		}
	}
	dir.sys.Seal = "kernel"
	s.closed = errors.New("locked")
	before := listing(t, dir.path)
	if _, err := dir.again(t).Reseal(t.Context(), testKey); !isSealed(err) {
		t.Errorf("locked: %v", err)
	}
	s.closed = nil
	_ = before
	move(2 * time.Hour)
	sent := 0
	if _, err := dir.again(t).Token(t.Context(), testKey, Query{}, giving(aToken("x", "y"), &sent)); err != nil || sent != 1 {
		t.Errorf("the chain: %v", err)
	}
}

// The largest answer that is read can be stored and read again, sealed, too.
func TestTheLargestAnswerIsStored(t *testing.T) {
	const most = 1<<20 - 200 // of a body
	for _, sealed := range []bool{false, true} {
		dir, _ := clocked(t)
		if sealed {
			dir, _, _ = sealedFolder(t)
		}
		large := aToken(strings.Repeat("a", most), "r")
		r, err := dir.Login(t.Context(), testKey, grantOf(func() (Token, *Refusal) { return large, nil }))
		if err != nil || len(r.Warnings) != 0 {
			t.Fatalf("sealed %v: %v, %v", sealed, r.Warnings, err)
		}
		if got, err := dir.again(t).Token(t.Context(), testKey, Query{}, Renewal{}); err != nil || got.Token.Access != large.Access {
			t.Errorf("sealed %v: %v", sealed, err)
		}
	}
}
