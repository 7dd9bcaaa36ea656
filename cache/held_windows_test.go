package cache

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/windows"

	"github.com/credential-idcs/credential-idcs/internal/share/sharetest"
)

// holdFile opens a file as programs do that allow no deletion meanwhile: a virus scanner, a backup.
func holdFile(t *testing.T, path string) (release func()) {
	t.Helper()
	return sharetest.Hold(t, path, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE)
}

// A reader holds the token file all the time: the successor lies beside it, and is served from there. When
// the reader goes, it takes its place.
func TestAHeldTokenFileStopsNobody(t *testing.T) {
	dir, _ := clocked(t)
	dir.waits.save = 50 * time.Millisecond
	plant(t, dir, "dead", "r", 2*time.Hour, time.Hour)
	release := holdFile(t, dir.file(dir.name(testKey), ".json"))
	sent := 0
	r := giving(aToken("a", "next"), &sent)
	got, err := dir.Token(t.Context(), testKey, Query{}, r)
	if err != nil || got.Token.Access != text("a") || len(got.Warnings) != 1 || strings.Contains(got.Warnings[0].Error(), "\n") {
		t.Errorf("got %s, %v, %v", got.Token.Access.Reveal(), got.Warnings, err)
	}
	for range 3 {
		if got, err := dir.again(t).Token(t.Context(), testKey, Query{}, r); err != nil || got.Token.Access != text("a") || sent != 1 {
			t.Errorf("while it is held: %v, sent %d times", err, sent)
		}
	}
	release()
	if got, err := dir.Token(t.Context(), testKey, Query{}, r); err != nil || got.Token.Access != text("a") || stored(t, dir).Refresh != text("next") || sent != 1 {
		t.Errorf("then: %v, sent %d times", err, sent)
	}
	if left := leftovers(t, dir); left != nil {
		t.Errorf("left behind: %q", left)
	}
}

// A program that lets nobody else in is waited for: to read, to note what is sent, and to lock.
func TestAProgramThatHoldsAFileAloneIsWaitedFor(t *testing.T) {
	for _, suffix := range []string{".json", ".state", ".lock"} {
		dir, _ := clocked(t)
		plant(t, dir, "dead", "r", 2*time.Hour, time.Hour)
		path := dir.file(dir.name(testKey), suffix)
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
		time.AfterFunc(300*time.Millisecond, sharetest.Hold(t, path, 0))
		sent := 0
		got, err := dir.Token(t.Context(), testKey, Query{}, giving(aToken("a", "next"), &sent))
		if err != nil || got.Token.Access != text("a") || sent != 1 || len(got.Warnings) != 0 {
			t.Errorf("%s: got %s, %v, %v, sent %d times", suffix, got.Token.Access.Reveal(), got.Warnings, err, sent)
		}
	}
}

// A program that never gives a file back: a token that lives is answered, and of a dead one nothing is sent that could
// be lost. The error says that it is a matter of time.
func TestAFileThatIsHeldForGood(t *testing.T) {
	const nothing, reading = 0, uint32(windows.FILE_SHARE_READ)
	for _, c := range []struct {
		suffix string
		share  uint32
		alive  string // what is answered while the token lives; empty: an error
		dead   string // and afterwards
	}{
		{".json", nothing, "", ""},
		{".json", reading, "old", "a"},
		{".state", nothing, "old", ""},
		{".state", reading, "old", ""},
		{".lock", nothing, "old", ""},
		{".lock", reading, "old", ""},
		{".new", nothing, "old", ""},
		{".new", reading, "old", ""},
	} {
		for _, left := range []time.Duration{time.Hour, time.Minute, -time.Hour} {
			dir, _ := clocked(t)
			dir.waits = waits{hard: 20 * time.Millisecond, expired: 20 * time.Millisecond, save: 20 * time.Millisecond, free: 20 * time.Millisecond}
			plant(t, dir, "old", "r", 4*time.Hour-left, 4*time.Hour)
			path := dir.file(dir.name(testKey), c.suffix)
			if c.suffix != ".json" {
				plantBytes(t, path, nil)
			}
			release := sharetest.Hold(t, path, c.share)
			sent := 0
			got, err := dir.Token(t.Context(), testKey, Query{}, giving(aToken("a", "next"), &sent))
			release()
			want := c.alive
			if left < 0 {
				want = c.dead
			}
			if want == "" {
				busy, folder := new(BusyError), new(FolderError)
				if sent != 0 || !errors.As(err, &busy) && !(errors.As(err, &folder) && folder.Held() && strings.Contains(err.Error(), "another program has it open")) {
					t.Errorf("%s shared as %d, %s left: %v, sent %d times", c.suffix, c.share, left, err, sent)
				}
			} else if err != nil || got.Token.Access != text(want) && got.Token.Access != text("a") {
				t.Errorf("%s shared as %d, %s left: got %s, %v", c.suffix, c.share, left, got.Token.Access.Reveal(), err)
			}
			dir.waits.free = waitFree
			again := 0
			if got, err := dir.Token(t.Context(), testKey, Query{}, giving(aToken("a", "next"), &again)); err != nil || sent+again > 1 || left < 0 && got.Token.Access != text("a") {
				t.Errorf("%s shared as %d, %s left, then: got %s, %v, sent %d times", c.suffix, c.share, left, got.Token.Access.Reveal(), err, sent+again)
			}
			if left := leftovers(t, dir); left != nil {
				t.Errorf("%s: left behind: %q", c.suffix, left)
			}
		}
	}
}

// A token file that somebody has marked as read-only is replaced, as elsewhere.
func TestATokenFileThatIsReadOnlyIsReplaced(t *testing.T) {
	dir, _ := clocked(t)
	plant(t, dir, "dead", "r", 2*time.Hour, time.Hour)
	if err := os.Chmod(dir.file(dir.name(testKey), ".json"), 0o400); err != nil {
		t.Fatal(err)
	}
	sent := 0
	got, err := dir.Token(t.Context(), testKey, Query{}, giving(aToken("a", "next"), &sent))
	if err != nil || len(got.Warnings) != 0 || stored(t, dir).Refresh != text("next") || leftovers(t, dir) != nil {
		t.Errorf("%v, %v, left: %q", err, got.Warnings, leftovers(t, dir))
	}
}

// One that goes in a moment is waited for.
func TestAReaderThatGoesIsWaitedFor(t *testing.T) {
	dir, _ := clocked(t)
	plant(t, dir, "dead", "r", 2*time.Hour, time.Hour)
	release := holdFile(t, dir.file(dir.name(testKey), ".json"))
	sent := 0
	r := giving(aToken("a", "next"), &sent)
	time.AfterFunc(500*time.Millisecond, release)
	got, err := dir.Token(t.Context(), testKey, Query{}, r)
	if err != nil || got.Token.Access != text("a") || len(got.Warnings) != 0 || stored(t, dir).Refresh != text("next") {
		t.Errorf("got %s, %v, %v", got.Token.Access.Reveal(), got.Warnings, err)
	}
}

// Our own readers keep nobody from renaming and deleting.
func TestOurReadersShareTheFile(t *testing.T) {
	path := t.TempDir() + `\file`
	plantBytes(t, path, []byte("x"))
	f, err := openShared(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.Rename(path, path+".away"); err != nil {
		t.Errorf("rename: %v", err)
	}
}

// A process that has ended is dead, also while somebody keeps its handle; and its start names it.
func TestADeadProcessIsDead(t *testing.T) {
	if os.Getenv("CACHE_TEST_WAIT") != "" {
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(self, "-test.run=^TestADeadProcessIsDead$")
	child.Env = append(os.Environ(), "CACHE_TEST_WAIT=1")
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	pid := child.Process.Pid
	h, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(pid))
	if err != nil {
		t.Fatal(err)
	}
	defer windows.CloseHandle(h)
	start, alive := processStart(pid)
	if n, err := strconv.ParseUint(start, 10, 64); !alive || err != nil || n == 0 {
		t.Errorf("alive: %q, %v", start, alive)
	}
	if again, _ := processStart(pid); again != start {
		t.Errorf("two starts: %s, %s", start, again)
	}
	_ = in.Close()
	if err := child.Wait(); err != nil {
		t.Fatal(err)
	}
	if _, alive := processStart(pid); alive {
		t.Error("dead, and counts as alive")
	}
}

// The lock's own byte is nobody else's to read, so the pid stands behind it.
func TestTheHolderIsReadBesideTheLock(t *testing.T) {
	dir, _ := clocked(t)
	h, err := dir.tryLock(dir.name(testKey))
	if err != nil {
		t.Fatal(err)
	}
	defer h.release()
	dir.sign(h)
	if pid := dir.holder(dir.name(testKey)); pid != os.Getpid() {
		t.Errorf("pid %d", pid)
	}
	b, err := os.ReadFile(h.path)
	if err == nil && len(b) > 0 && b[0] != 0 {
		t.Errorf("the locked byte was written: %q", b[0])
	}
}
