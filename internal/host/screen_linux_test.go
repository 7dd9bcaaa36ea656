package host

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/credential-idcs/credential-idcs/e2e/rig/pty"
)

func TestALookAtATerminal(t *testing.T) {
	_, tty := pty.Open(t)
	if err := unix.IoctlSetWinsize(int(tty.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80}); err != nil {
		t.Fatal(err)
	}
	env := func(pairs ...string) func(string) string {
		return func(name string) string {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == name {
					return pairs[i+1]
				}
			}
			return ""
		}
	}
	for _, c := range []struct {
		env  func(string) string
		want Screen
	}{
		{env("LANG", "de_DE.UTF-8"), Screen{true, 80, 24, true}},
		{env("LANG", "de_DE.UTF-8", "LC_ALL", "C"), Screen{true, 80, 24, false}},
		{env("LC_CTYPE", "C.utf8", "LANG", "C"), Screen{true, 80, 24, true}},
		{env(), Screen{true, 80, 24, false}},
		{env("TERM", "dumb", "LANG", "C.UTF-8"), Screen{}},
	} {
		if got := LookAt(tty, c.env); got != c.want {
			t.Errorf("got %+v, want %+v", got, c.want)
		}
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if got := LookAt(r, env("LANG", "C.UTF-8")); got != (Screen{}) {
		t.Errorf("a pipe: got %+v", got)
	}
}
