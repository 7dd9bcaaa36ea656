package cache

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// A refresh killed before its rename, sealed: it is taken up when the key is there, and kept until then.
func TestASealedSuccessorIsKept(t *testing.T) {
	dir, s, move := sealedLogin(t)
	old := stored(t, dir)
	move(2 * time.Hour)
	b, err := dir.wrap(dir.name(testKey), old.form, encodeToken(successorOf(old, "successor", "next", dir.sys.Now())))
	if err != nil {
		t.Fatal(err)
	}
	plantBytes(t, dir.file(dir.name(testKey), ".new"), b)
	s.closed = errors.New("locked")
	sent := 0
	r := giving(aToken("x", "y"), &sent)
	if _, err := dir.again(t).Token(t.Context(), testKey, Query{}, r); !isSealed(err) || sent != 0 {
		t.Errorf("locked: %v", err)
	}
	s.closed = nil
	if got, err := dir.again(t).Token(t.Context(), testKey, Query{}, r); err != nil || got.Token.Access != text("successor") || sent != 0 {
		t.Errorf("then: %v, sent %d times", err, sent)
	}
}

// A folder whose name is a pattern to filepath.Match: the other login's file is seen, so the key stays.
func TestAFolderNamedLikeAPatternKeepsItsKey(t *testing.T) {
	const otherKey = Key("fedcba9876543210fedcba9876543210")
	dir, s, _ := sealedLogin(t)
	if _, err := dir.Login(t.Context(), otherKey, grantOf(func() (Token, *Refusal) { return aToken("b", "s"), nil })); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(filepath.Dir(dir.path), "[ci]*")
	if err := os.Rename(dir.path, path); err != nil {
		t.Fatal(err)
	}
	dir, err := Open(path, dir.sys)
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	refuse := refusing(&Refusal{Verdict: Settled, Failure: Failure{Text: "no"}}, &sent)
	if _, err := dir.Exchange(t.Context(), testKey, text("s"), refuse); !isGiven(err) || sent != 0 {
		t.Errorf("the refresh token of the other login: %v, sent %d times", err, sent)
	}
	revoke := func(context.Context, secret.Text, time.Duration) error { return nil }
	if err := dir.again(t).Logout(t.Context(), testKey, revoke); err != nil || len(s.keys) != 1 || !dir.exists("seal", ".json") {
		t.Errorf("%v, %d keys", err, len(s.keys))
	}
	if got, err := dir.again(t).Token(t.Context(), otherKey, Query{}, Renewal{}); err != nil || got.Token.Access.Reveal() != "b" {
		t.Errorf("the other login: %v", err)
	}
}

func isGiven(err error) bool {
	_, ok := errors.AsType[*GivenError](err)
	return ok
}

// The last sealed file of the folder takes the key with it; a locked one can't be revoked, and goes all the same.
func TestLogoutTakesTheKeyAlong(t *testing.T) {
	const otherKey = Key("fedcba9876543210fedcba9876543210")
	dir, s, _ := sealedLogin(t)
	if _, err := dir.Login(t.Context(), otherKey, grantOf(func() (Token, *Refusal) { return aToken("b", "s"), nil })); err != nil {
		t.Fatal(err)
	}
	if len(s.keys) != 1 {
		t.Fatalf("%d keys for one folder", len(s.keys))
	}
	revoked := 0
	revoke := func(context.Context, secret.Text, time.Duration) error { revoked++; return nil }
	if err := dir.again(t).Logout(t.Context(), testKey, revoke); err != nil || revoked != 1 || len(s.keys) != 1 {
		t.Errorf("the first: %v, %d revoked, %d keys", err, revoked, len(s.keys))
	}
	s.closed = errors.New("locked")
	if err := dir.again(t).Logout(t.Context(), otherKey, revoke); !isSealed(err) || revoked != 1 {
		t.Errorf("a locked one: %v, %d revoked", err, revoked)
	}
	if len(s.keys) != 0 || dir.exists("seal", ".json") || dir.anything(string(otherKey)) {
		t.Errorf("left: %d keys, %s", len(s.keys), listing(t, dir.path))
	}
}
