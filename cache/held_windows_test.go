package cache

import (
	"bufio"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/windows"
)

// holdFile opens a file as programs do that allow no deletion meanwhile: a virus scanner, a backup.
func holdFile(t *testing.T, path string) (release func()) {
	t.Helper()
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		t.Fatal(err)
	}
	h, err := windows.CreateFile(name, windows.GENERIC_READ, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE, nil, windows.OPEN_EXISTING, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	return func() { _ = windows.CloseHandle(h) }
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
		name, err := windows.UTF16PtrFromString(path)
		if err != nil {
			t.Fatal(err)
		}
		h, err := windows.CreateFile(name, windows.GENERIC_READ, 0, nil, windows.OPEN_EXISTING, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(300*time.Millisecond, func() { _ = windows.CloseHandle(h) })
		sent := 0
		got, err := dir.Token(t.Context(), testKey, Query{}, giving(aToken("a", "next"), &sent))
		if err != nil || got.Token.Access != text("a") || sent != 1 || len(got.Warnings) != 0 {
			t.Errorf("%s: got %s, %v, %v, sent %d times", suffix, got.Token.Access.Reveal(), got.Warnings, err, sent)
		}
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
