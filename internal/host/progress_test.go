package host

import (
	"strings"
	"testing"
)

// A line is taken back by writing over it, so it must never be longer than the terminal is wide.
func TestTheLineIsGoneAtTheEnd(t *testing.T) {
	var screen strings.Builder
	l := Line{W: &screen, Columns: 10}
	l.Show("asking… nobody")
	l.Show("ok")
	l.Print(&screen, "done\n")
	l.Show("")
	if got, want := screen.String(), "\rasking… n\rok       \r  \rdone\n\rok\r  \r"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	var none Line
	none.Show("x")
	none.Busy("x")()
	none.Every(func() string { return "x" })()
	none.Print(&screen, "printed")
	if !strings.HasSuffix(screen.String(), "printed") {
		t.Error("what stays isn't printed without a terminal")
	}
}
