package cache

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

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
	plantBytes(t, dir.file(dir.name(testKey), ".new"), frame(encodeToken(next)))
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
