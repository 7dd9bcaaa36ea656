package signin

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/credential-idcs/credential-idcs/e2e/rig/pty"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
	"github.com/credential-idcs/credential-idcs/internal/host"
)

func echoes(t *testing.T, tty *os.File) bool {
	t.Helper()
	s, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return s.Lflag&unix.ECHO != 0
}

func TestATypedPasswordIsNotShown(t *testing.T) {
	keys, tty := pty.Open(t)
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
	_, tty := pty.Open(t)
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

// What a terminal's own line mode cuts at 4,095 bytes arrives whole, with what the person mended in it;
// it is never shown but for the part around the cursor; and the terminal gets its own mode back.
func TestALongAddressIsPastedOnATerminal(t *testing.T) {
	keys, tty := pty.Open(t)
	var screen paper
	go func() { _, _ = io.Copy(&screen, keys) }()
	redirect := freeRedirect(t)
	s, c := newDomain(t, idcstest.Options{}, redirect)
	l := startLoginAt(t, s, c, redirect, func(p *Person) {
		p.Stdin, p.Stderr, p.Screen = tty, tty, host.Screen{Terminal: true, Columns: 80}
	})
	screen.shows(t, "press Enter")
	for echoes(t, tty) {
	}
	code := strings.Repeat("AQIDBAU0", 2000)
	address := l.back("state", l.state, "code", code)
	// Typed wrong at its end and in the middle, and mended there.
	_, _ = io.WriteString(keys, "rubbish\x15x"+address+"zz\x7f\x7f\x01\x1b[3~")
	_, _ = io.WriteString(keys, "\n")
	visit, err := l.wait()
	if err != nil || visit.Grant.Code.Reveal() != code {
		t.Fatalf("got %v, %v", visit, err)
	}
	if !echoes(t, tty) {
		t.Error("the terminal stays mute")
	}
	for _, line := range strings.FieldsFunc(screen.String(), func(r rune) bool { return r == '\r' || r == '\n' }) {
		if shown := strings.TrimLeft(line, "\b"); strings.HasPrefix(shown, "> ") && len(strings.TrimRight(shown, "\b")) >= 80 {
			t.Errorf("a line of %d letters wraps", len(shown))
		}
	}
}

// A pasted terminal sequence is neither run nor kept.
func TestWhatIsTypedIsEdited(t *testing.T) {
	for typed, want := range map[string]string{
		"abc\n":                          "abc",
		"abd\x7fc\n":                     "abc",
		"bc\x01a\n":                      "abc",
		"ac\x1b[Db\n":                    "abc",
		"ac\x1bODb\n":                    "abc",
		"ac\x02b\x05d\n":                 "abcd",
		"xabc\x1b[H\x1b[3~\n":            "abc",
		"\x1b[200~abc\x1b[201~\n":        "abc",
		"one two\x17abc\n":               "one abc",
		"abcxyz\x1b[D\x1b[D\x1b[D\x0b\n": "abc",
		"a\x1b[2Jb\x1b[1;5Cc\x00\x07\n":  "abc",
		"x\x15abc\r":                     "abc",
		"\x7f\x1b[D\x1b[C\x1b[3~abc\n":   "abc",
	} {
		var e editor
		if got, end := e.feed([]byte(typed)); len(got) != 1 || got[0] != want || end {
			t.Errorf("%q: got %q, want %q", typed, got, want)
		}
	}
	e := editor{}
	if _, end := e.feed([]byte("\x04")); !end {
		t.Error("Ctrl-D in an empty line is no end")
	}
	e.feed([]byte(strings.Repeat("x", 200) + "\xff\x1b[D\x1b[D"))
	for columns, want := range map[int]int{80: 79, 20: 19, 1: 10} {
		if got, back := e.show(columns); len(got) != want || back != 0 && back != 2 {
			t.Errorf("%d columns: got %q, %d back", columns, got, back)
		}
	}
}
