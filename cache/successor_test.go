//go:build unix

package cache

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"
)

// S34: Only what is missing or has proved worthless goes. A successor that can't be read now may be the only
// live token: it stays, nothing is sent, and it is used when it can be read.
func TestASuccessorThatCantBeReadStays(t *testing.T) {
	unknown := append([]byte(nil), frame([]byte(`{"access_token":"x","more":1}`))...)
	for _, tt := range []struct {
		name, problem string
		spoil, mend   func(path string) error
	}{
		{"open to others", "is open to others (mode 0644)",
			func(p string) error { return os.Chmod(p, 0o644) }, func(p string) error { return os.Chmod(p, 0o600) }},
		{"a hard link", "has a second name",
			func(p string) error { return os.Link(p, p+".second") }, func(p string) error { return os.Remove(p + ".second") }},
		{"a newer version's", "written by a newer credential-idcs",
			func(p string) error { return rewrite(p, []byte(`{"version":7,"more":1}`+"\n")) }, nil},
		{"a record of another program's", "written by a newer credential-idcs",
			func(p string) error { return rewrite(p, unknown) }, nil},
	} {
		for _, age := range []time.Duration{50 * time.Minute, 2 * time.Hour} {
			t.Run(tt.name+" "+age.String(), func(t *testing.T) {
				dir, _ := clocked(t)
				old := plant(t, dir, "old", "r", age, time.Hour)
				path := dir.file(dir.name(testKey), ".new")
				plantBytes(t, path, dir.whole(t, successorOf(old, "successor", "next", dir.sys.Now())))
				if err := tt.spoil(path); err != nil {
					t.Fatal(err)
				}
				before, _ := os.ReadFile(path)
				sent := 0
				for range 3 {
					got, err := dir.again(t).Token(t.Context(), testKey, Query{}, giving(aToken("x", "x"), &sent))
					if age < time.Hour {
						if err != nil || got.Token.Access != text("old") {
							t.Errorf("a live token: %v", err)
						}
					} else if err == nil || !strings.Contains(err.Error(), tt.problem) || !strings.Contains(err.Error(), path) {
						t.Errorf("got %v", err)
					}
				}
				if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, before) || sent != 0 {
					t.Errorf("the successor changed: %v, sent %d times", err, sent)
				}
				if tt.mend == nil {
					return
				}
				if err := tt.mend(path); err != nil {
					t.Fatal(err)
				}
				got, err := dir.Token(t.Context(), testKey, Query{}, giving(aToken("x", "x"), &sent))
				if err != nil || got.Token.Access != text("successor") || sent != 0 {
					t.Errorf("then: %v, sent %d times", err, sent)
				}
			})
		}
	}
}

func rewrite(path string, b []byte) error { return os.WriteFile(path, b, 0o600) }

// A successor is all there is where the token file was damaged, or is gone.
func TestASuccessorOfWhatCantBeReadIsUsed(t *testing.T) {
	eachForm(t, testASuccessorOfWhatCantBeRead)
}

func testASuccessorOfWhatCantBeRead(t *testing.T, seal string) {
	for _, gone := range []bool{false, true} {
		dir := folderOf(t, seal)
		old := plant(t, dir, "old", "r", 2*time.Hour, time.Hour)
		name := dir.name(testKey)
		plantBytes(t, dir.file(name, ".new"), dir.whole(t, successorOf(old, "successor", "next", dir.sys.Now())))
		plantBytes(t, dir.file(name, ".json"), []byte("damaged"))
		if gone {
			if err := os.Remove(dir.file(name, ".json")); err != nil {
				t.Fatal(err)
			}
		}
		sent := 0
		got, err := dir.Token(t.Context(), testKey, Query{}, giving(aToken("x", "x"), &sent))
		if err != nil || got.Token.Access != text("successor") || stored(t, dir).Refresh != text("next") || sent != 0 {
			t.Errorf("gone %v: %v, sent %d times", gone, err, sent)
		}
	}
}
