package signin

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// openTerminal is a pseudo-terminal: what is written to keys is typed, and what the terminal shows is
// read from there.
func openTerminal(t *testing.T) (keys, tty *os.File) {
	t.Helper()
	keys, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no pseudo-terminal here: %v", err)
	}
	t.Cleanup(func() { _ = keys.Close() })
	if err := unix.IoctlSetPointerInt(int(keys.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(keys.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tty.Close() })
	return keys, tty
}

func echoes(t *testing.T, tty *os.File) bool {
	t.Helper()
	s, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return s.Lflag&unix.ECHO != 0
}

func TestATypedPasswordIsNotShown(t *testing.T) {
	keys, tty := openTerminal(t)
	shown := make(chan string, 1)
	go func() {
		r := bufio.NewReader(keys)
		var all strings.Builder
		for !strings.HasSuffix(all.String(), "end") {
			b, err := r.ReadByte()
			if err != nil {
				break
			}
			all.WriteByte(b)
			if strings.HasSuffix(all.String(), "example.com: ") {
				// The prompt stands before echo is off: what is typed at once must not show either way,
				// so wait for the terminal itself.
				for echoes(t, tty) {
				}
				_, _ = io.WriteString(keys, "pw-canary\n")
			}
		}
		shown <- all.String()
	}()
	got, err := Password(bound(t), tty, tty, "Password of ana@example.com")
	if err != nil || got.Reveal() != "pw-canary" {
		t.Fatalf("got %d bytes, %v", got.Len(), err)
	}
	if !echoes(t, tty) {
		t.Error("the terminal stays mute")
	}
	_, _ = io.WriteString(tty, "end")
	if all := <-shown; all != "Password of ana@example.com: \r\nend" {
		t.Errorf("the terminal showed %q", all)
	}
}

// A Ctrl-C at the prompt must not leave a terminal that shows nothing any more.
func TestAnInterruptedPromptLeavesAnEcho(t *testing.T) {
	_, tty := openTerminal(t)
	why := errors.New("ended by signal 2")
	ctx, cancel := context.WithCancelCause(bound(t))
	go func() {
		for echoes(t, tty) {
		}
		cancel(why)
	}()
	if _, err := Password(ctx, tty, io.Discard, "Password"); !errors.Is(err, why) {
		t.Errorf("got %v, want %v", err, why)
	}
	if !echoes(t, tty) {
		t.Error("the terminal stays mute")
	}
}
