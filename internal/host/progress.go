package host

import (
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// A Line is a terminal's last line, which shows that the program is working. It is rewritten in place and removed at
// the end; the zero Line shows nothing, as for a pipe. Several goroutines may use it, but anything else that is written
// to W meanwhile must go through Print.
type Line struct {
	W       io.Writer // a terminal; nil: nothing is shown
	Columns int       // 0: unknown

	mu    sync.Mutex
	shown string
	back  int    // how far its end is from the cursor
	said  string // set by Show
	typed string // set by Type
}

// Progress is the line of stderr, if that is a terminal.
func (p *Process) Progress() *Line {
	l := &Line{}
	if !p.Terminal(2) || p.Getenv("TERM") == "dumb" {
		return l
	}
	l.W = p.Stderr
	if f, ok := p.Stderr.(*os.File); ok {
		l.Columns = LookAt(f, p.Getenv).Columns
	}
	return l
}

// Show replaces the text of the line. It uses no escape sequence: \r, \b and spaces work everywhere.
func (l *Line) Show(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.said = s; l.typed == "" {
		l.show(s, 0)
	}
}

// Type shows what a person types in place of Show's text, until it is empty again. The cursor is back columns before
// its end.
func (l *Line) Type(s string, back int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.typed = s
	if s == "" {
		s, back = l.said, 0
	}
	l.show(s, back)
}

// Print writes to w, above the line.
func (l *Line) Print(w io.Writer, s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	shown, back := l.shown, l.back
	l.show("", 0)
	_, _ = io.WriteString(w, s) // an error of the output doesn't end the work
	l.show(shown, back)
}

func (l *Line) show(s string, back int) {
	if r := []rune(s); l.Columns > 0 && len(r) >= l.Columns {
		s, back = string(r[:l.Columns-1]), 0 // a wrapped line couldn't be rewritten
	}
	if l.W == nil || s == l.shown && back == l.back {
		return
	}
	room := max(utf8.RuneCountInString(l.shown)-utf8.RuneCountInString(s), 0)
	line := "\r" + s + strings.Repeat(" ", room)
	switch {
	case s == "":
		line += "\r"
	case s == l.typed:
		line += strings.Repeat("\b", room+back)
	}
	_, _ = io.WriteString(l.W, line)
	l.shown, l.back = s, back
}

// clear empties the line for good, whatever was typed.
func (l *Line) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.said, l.typed = "", ""
	l.show("", 0)
}

// Every shows what text returns, now and once a second. Call stop once; then the line is empty.
func (l *Line) Every(text func() string) (stop func()) {
	if l.W == nil {
		return func() {}
	}
	l.Show(text())
	quit, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		t := time.NewTicker(time.Second)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				l.Show(text())
			case <-quit:
				return
			}
		}
	}()
	return func() {
		close(quit)
		<-gone
		l.clear()
	}
}

// slow is how long something may take before Busy shows it.
const slow = 300 * time.Millisecond

// Busy shows what the program waits for, if that takes a while. Call stop, once or more often; then the line is empty.
func (l *Line) Busy(what string) (stop func()) {
	if l.W == nil {
		return func() {}
	}
	var mu sync.Mutex
	over := false
	timer := time.AfterFunc(slow, func() {
		mu.Lock()
		defer mu.Unlock()
		if !over {
			l.Show(what + " …")
		}
	})
	return func() {
		timer.Stop()
		mu.Lock()
		defer mu.Unlock()
		over = true
		l.Show("")
	}
}
