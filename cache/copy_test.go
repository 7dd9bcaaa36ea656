//go:build linux

package cache

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// stored by a login, so that the file knows itself.
func loggedIn(t *testing.T) (*Dir, func(time.Duration)) {
	t.Helper()
	dir, move := clocked(t)
	dir.sys.Machine = func() string { return "" } // as in a container
	if _, err := dir.Login(t.Context(), testKey, grantOf(func() (Token, *Refusal) { return aToken("a", "r"), nil })); err != nil {
		t.Fatal(err)
	}
	return dir, move
}

// copyOf is what cp -a, an image or a restored backup makes of the folder.
func copyOf(t *testing.T, dir *Dir) *Dir {
	t.Helper()
	path := t.TempDir() + "/copy"
	if err := os.CopyFS(path, os.DirFS(dir.path)); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if err := os.Chmod(path+"/"+e.Name(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(path, 0o700); err != nil {
		t.Fatal(err)
	}
	d, err := Open(path, dir.sys)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A copy on the same machine, or where there is no machine id, answers what lives and spends nothing. The
// original goes on.
func TestACopyOfTheFileSpendsNothing(t *testing.T) {
	dir, move := loggedIn(t)
	if stored(t, dir).copied {
		t.Fatal("the original is called a copy")
	}
	move(50 * time.Minute)
	other := copyOf(t, dir)
	sent := 0
	r := giving(aToken("x", "y"), &sent)
	if got, err := other.Token(t.Context(), testKey, Query{}, r); err != nil || got.Token.Access != text("a") {
		t.Errorf("alive: %v", err)
	}
	if _, err := other.Token(t.Context(), testKey, Query{Force: true}, r); !errors.Is(err, ErrCopied) {
		t.Errorf("forced: %v", err)
	}
	if v := other.View(testKey, Renewal{}); v.Refresh || v.State != "stale" {
		t.Errorf("view %+v", v)
	}
	move(time.Hour)
	if _, err := other.Token(t.Context(), testKey, Query{}, r); !errors.Is(err, ErrCopied) || sent != 0 {
		t.Errorf("expired: %v, sent %d times", err, sent)
	}
	if got, err := dir.Token(t.Context(), testKey, Query{}, r); err != nil || got.Token.Access != text("x") || sent != 1 {
		t.Errorf("the original: %v, sent %d times", err, sent)
	}
	if _, err := other.Login(t.Context(), testKey, grantOf(func() (Token, *Refusal) { return aToken("b", "s"), nil })); err != nil {
		t.Errorf("a login of its own: %v", err)
	}
	if got := stored(t, other); got.copied || got.Refresh != text("s") {
		t.Errorf("then: %+v", got)
	}
}

// A login that needs no person gets its own tokens in place of a copy.
func TestACopyIsReplacedByAGrant(t *testing.T) {
	dir, move := loggedIn(t)
	move(2 * time.Hour)
	other := copyOf(t, dir)
	sent := 0
	r := giving(aToken("x", "y"), &sent)
	r.Grant = grantOf(func() (Token, *Refusal) { return aToken("granted", "g"), nil })
	if got, err := other.Token(t.Context(), testKey, Query{}, r); err != nil || got.Token.Access != text("granted") || sent != 0 {
		t.Errorf("got %v, sent %d times", err, sent)
	}
	if stored(t, other).copied {
		t.Error("what was granted is called a copy")
	}
}

// A refresh was killed before its rename, and then the folder was copied: both copies are known for what
// they are.
func TestACopiedSuccessorIsNoSuccessorOfOurs(t *testing.T) {
	dir, move := loggedIn(t)
	move(2 * time.Hour)
	old := stored(t, dir)
	path := dir.file(dir.name(testKey), ".new")
	next := successorOf(old, "successor", "next", dir.sys.Now())
	plantBytes(t, path, nil)
	fi, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	next.inode = inode(fi)
	plantBytes(t, path, frame(encodeToken(next)))
	other := copyOf(t, dir)
	sent := 0
	for range 2 {
		if got, err := other.Token(t.Context(), testKey, Query{}, giving(aToken("x", "x"), &sent)); err != nil || got.Token.Access != text("successor") {
			t.Errorf("alive: %v", err)
		}
	}
	if _, err := other.Token(t.Context(), testKey, Query{Force: true}, giving(aToken("x", "x"), &sent)); !errors.Is(err, ErrCopied) || sent != 0 {
		t.Errorf("forced: %v, sent %d times", err, sent)
	}
	if got, err := dir.Token(t.Context(), testKey, Query{}, giving(aToken("x", "x"), &sent)); err != nil || got.Token.Access != text("successor") || stored(t, dir).copied {
		t.Errorf("the original: %v", err)
	}
}

// What a program wrote that knew nothing of inode numbers is no copy, and reads no other than before.
func TestAFileWithoutItsNumberIsNoCopy(t *testing.T) {
	dir, _ := clocked(t)
	plant(t, dir, "dead", "r", 2*time.Hour, time.Hour)
	other := copyOf(t, dir)
	sent := 0
	if _, err := other.Token(t.Context(), testKey, Query{}, giving(aToken("x", "y"), &sent)); err != nil || sent != 1 {
		t.Errorf("got %v, sent %d times", err, sent)
	}
	b, err := os.ReadFile(other.file(string(testKey), ".json"))
	if err != nil {
		t.Fatal(err)
	}
	fi, err := os.Stat(other.file(string(testKey), ".json"))
	if err != nil {
		t.Fatal(err)
	}
	if want := `"predecessor":"` + digest(text("r")) + " " + strconv.FormatUint(inode(fi), 10) + `",`; !strings.Contains(string(b), want) {
		t.Errorf("the file doesn't say %s", want)
	}
}

// Where a file system makes up inode numbers nothing is called a copy.
func TestWhereInodesDontLastThereAreNoCopies(t *testing.T) {
	dir, move := loggedIn(t)
	move(2 * time.Hour)
	dir.sys.LastingInodes = func(string) bool { return false }
	other := copyOf(t, dir)
	sent := 0
	if _, err := other.Token(t.Context(), testKey, Query{}, giving(aToken("x", "y"), &sent)); err != nil || sent != 1 {
		t.Errorf("got %v, sent %d times", err, sent)
	}
}

// A server's refusal makes no original of a copy.
func TestACopyStaysOneWithoutItsAccessToken(t *testing.T) {
	dir, move := loggedIn(t)
	move(2 * time.Minute)
	other := copyOf(t, dir)
	if err := other.Drop(t.Context(), testKey, text("a")); err != nil {
		t.Fatal(err)
	}
	sent := 0
	if _, err := other.Token(t.Context(), testKey, Query{}, giving(aToken("x", "y"), &sent)); !errors.Is(err, ErrCopied) || sent != 0 {
		t.Errorf("got %v, sent %d times", err, sent)
	}
}

// logout on a copy deletes it and leaves the original's login alone.
func TestLogoutOfACopyRevokesNothing(t *testing.T) {
	dir, _ := loggedIn(t)
	for name, other := range map[string]*Dir{"copied": copyOf(t, dir), "another machine's": func() *Dir {
		d, _ := clocked(t)
		d.sys.Machine = func() string { return "other" }
		plant(t, d, "a", "r", time.Minute, time.Hour)
		d.sys.Machine = func() string { return "this" }
		return d
	}()} {
		err := other.Logout(t.Context(), testKey, func(context.Context, secret.Text, time.Duration) error {
			t.Errorf("%s: revoked", name)
			return nil
		})
		if !errors.Is(err, ErrCopied) && !errors.Is(err, ErrOtherMachine) {
			t.Errorf("%s: %v", name, err)
		}
		if other.exists(string(testKey), ".json") {
			t.Errorf("%s: the file is still there", name)
		}
	}
	if stored(t, dir).Refresh != text("r") {
		t.Error("the original is gone")
	}
}
