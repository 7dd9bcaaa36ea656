package cache

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"
)

const newKey = Key("fedcba9876543210fedcba9876543210")

// formerFiles plants a login under testKey as an earlier version left it, with all that can lie beside it.
func formerFiles(t *testing.T, d *Dir) Token {
	t.Helper()
	tok := plant(t, d, "old", "r", 50*time.Minute, time.Hour)
	if err := d.writeState(d.name(testKey), state{Attempts: 7, SkewMS: 1234}, false); err != nil {
		t.Fatal(err)
	}
	return tok
}

func TestSettleTakesOverAFormerKeysFiles(t *testing.T) {
	d := folder(t)
	formerFiles(t, d)
	if got := d.Where(newKey, testKey); got != testKey {
		t.Errorf("before: %s", got)
	}
	if got := d.Settle(context.Background(), newKey, testKey); got != newKey {
		t.Fatalf("settled at %s", got)
	}
	got, err := d.read(d.name(newKey))
	if err != nil || got.Access.Reveal() != "old" || d.readState(d.name(newKey)).SkewMS != 1234 {
		t.Errorf("got %+v, %v", got, err)
	}
	if d.anything(d.name(testKey)) {
		t.Error("something stays under the former key")
	}
	if got := d.Where(newKey, testKey); got != newKey {
		t.Errorf("afterwards: %s", got)
	}
}

// What is under the key counts, whatever an earlier version left; and without a former key nothing moves.
func TestSettleDisturbsNothing(t *testing.T) {
	for name, c := range map[string]struct {
		own    bool
		former Key
		want   Key
		moved  bool
	}{
		"own files": {true, testKey, newKey, false}, "no former": {false, "", newKey, false},
		"the same": {false, newKey, newKey, false}, "to be moved": {false, testKey, newKey, true},
	} {
		d := folder(t)
		formerFiles(t, d)
		if c.own {
			plantBytes(t, d.file(d.name(newKey), ".json"), frame(encodeToken(Token{Access: text("own")})))
		}
		if got := d.Settle(context.Background(), newKey, c.former); got != c.want {
			t.Errorf("%s: got %s", name, got)
		}
		if d.stored(d.name(testKey)) == c.moved {
			t.Errorf("%s: moved is %v", name, !c.moved)
		}
		if tok, err := d.read(d.name(newKey)); c.own && (err != nil || tok.Access.Reveal() != "own") {
			t.Errorf("%s: got %+v, %v", name, tok, err)
		}
	}
	if got := (&Dir{path: t.TempDir() + "/none"}).Settle(context.Background(), newKey, testKey); got != newKey {
		t.Errorf("without a folder: %s", got)
	}
}

// A kill between two renames is mended by the next process: the token file moves last, so what was noted
// about it is there first.
func TestATakeOverThatWasKilledIsFinished(t *testing.T) {
	for _, moved := range [][]string{nil, {".state"}, {".state", ".json"}} {
		d := folder(t)
		formerFiles(t, d)
		for _, suffix := range moved {
			if err := os.Rename(d.file(d.name(testKey), suffix), d.file(d.name(newKey), suffix)); err != nil {
				t.Fatal(err)
			}
		}
		if got := d.again(t).Settle(context.Background(), newKey, testKey); got != newKey {
			t.Fatalf("%v: settled at %s", moved, got)
		}
		tok, err := d.read(d.name(newKey))
		if err != nil || tok.Access.Reveal() != "old" || d.readState(d.name(newKey)).Attempts != 7 {
			t.Errorf("%v: got %+v, %v", moved, tok, err)
		}
	}
}

// While an older program refreshes, it holds the former lock: nothing is moved under it, and this call goes
// on with the files where they are.
func TestABusyFormerKeyIsUsedWhereItIs(t *testing.T) {
	d := folder(t)
	formerFiles(t, d)
	h, err := d.tryLock(d.name(testKey))
	if err != nil {
		t.Fatal(err)
	}
	if got := d.again(t).Settle(context.Background(), newKey, testKey); got != testKey {
		t.Errorf("settled at %s", got)
	}
	if !d.stored(d.name(testKey)) || d.stored(d.name(newKey)) {
		t.Error("files were moved")
	}
	h.release()
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if got := d.again(t).Settle(ended, newKey, testKey); got != newKey { // nobody is waited for
		t.Errorf("afterwards: %s", got)
	}
}

// The files of another user are read by root where they are.
func TestAReadOnlyFolderIsUsedAsItIs(t *testing.T) {
	d := folder(t)
	formerFiles(t, d)
	d.readOnly = true
	if got := d.Settle(context.Background(), newKey, testKey); got != testKey || !d.stored(d.name(testKey)) {
		t.Errorf("settled at %s", got)
	}
}

// A refresh that was interrupted under the former key is put in order before its files move: the successor
// in KEY.new is the one live token.
func TestAnInterruptedRefreshIsTakenOverWhole(t *testing.T) {
	d := folder(t)
	old := formerFiles(t, d)
	s := state{Intent: &intent{Digest: digest(old.Refresh), At: time.Now().Add(-time.Hour), Pid: 1 << 30, Machine: d.sys.Machine(), Namespace: pidNamespace()}}
	if err := d.writeState(d.name(testKey), s, false); err != nil {
		t.Fatal(err)
	}
	next := Token{Access: text("next"), Refresh: text("r2"), machine: d.sys.Machine(), predecessor: digest(old.Refresh)}
	next.AccessStamp = Stamp{Obtained: d.sys.Now().Truncate(time.Millisecond), Life: time.Hour}
	plantBytes(t, d.file(d.name(testKey), ".new"), frame(encodeToken(next)))
	if got := d.Settle(context.Background(), newKey, testKey); got != newKey {
		t.Fatalf("settled at %s", got)
	}
	tok, err := d.read(d.name(newKey))
	if err != nil || tok.Access.Reveal() != "next" || d.exists(d.name(newKey), ".new") {
		t.Errorf("got %+v, %v", tok, err)
	}
	var busy *BusyError
	if _, err := d.Token(context.Background(), newKey, Query{CachedOnly: true}, Renewal{Client: func() string { return "" }}); errors.As(err, &busy) {
		t.Errorf("got %v", err)
	}
}
