package signin

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// A Person is who logs in, and what there is between us. Only Stderr must be set.
type Person struct {
	Profile string // its name, for the page that a browser shows
	// Stdin is read for the address that a browser elsewhere ended at, line by line, as long as Open
	// opened none here; nil: it isn't read. One Read of it may still be under way when the login is
	// over.
	Stdin  io.Reader
	Stderr io.Writer
	Screen Screen // what Stderr is
	// Open shows a URL in a browser and doesn't wait for it, as Opener.Open does; nil: the person
	// opens it.
	Open func(url string) (exit <-chan error, err error)
	// After is time.After, which it is when nil. All waiting is done by it.
	After func(time.Duration) <-chan time.Time
}

func (p Person) after(d time.Duration) <-chan time.Time {
	if p.After == nil {
		return time.After(d)
	}
	return p.After(d)
}

// wait returns early with the cause of ctx.
func (p Person) wait(ctx context.Context, d time.Duration) error {
	select {
	case <-p.after(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// A printer writes what the person reads. On a terminal its last line may be one that lives: it is
// rewritten every second, and gone at the end.
type printer struct {
	mu     sync.Mutex
	w      io.Writer
	screen Screen
	life   string // what stands on the living line
	closed bool
}

func (p Person) printer() *printer { return &printer{w: p.Stderr, screen: p.Screen} }

// say prints a message, one line with the program's name before it, and below it what it speaks of,
// behind a tab.
func (p *printer) say(message string, below ...string) {
	var b strings.Builder
	b.WriteString("credential-idcs: " + message + "\n")
	for _, line := range below {
		b.WriteString("\t" + line + "\n")
	}
	p.print(b.String())
}

func (p *printer) print(s string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	life := p.life
	p.draw("")
	_, _ = io.WriteString(p.w, s) // a login goes on without its reader
	p.draw(life)
}

// draw replaces the living line. It knows no escape sequence: \r and spaces work everywhere.
func (p *printer) draw(s string) {
	if p.screen.Columns > 0 && len(s) >= p.screen.Columns {
		s = s[:p.screen.Columns-1] // a line that wraps couldn't be taken back
	}
	if s == p.life {
		return
	}
	line := "\r" + s + strings.Repeat(" ", max(len(p.life)-len(s), 0))
	if s == "" {
		line += "\r"
	}
	_, _ = io.WriteString(p.w, line)
	p.life = s
}

// alive shows on a terminal that something waits until end, and how long at most. Call stop once.
func (p *printer) alive(what string, now func() time.Time, end time.Time) (stop func()) {
	if !p.screen.Terminal {
		return func() {}
	}
	draw := func() {
		left := max(end.Sub(now().Round(0)), 0).Round(time.Second)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.draw(fmt.Sprintf("%s, %d:%02d left ", what, left/time.Minute, left%time.Minute/time.Second))
	}
	draw()
	quit, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		t := time.NewTicker(time.Second)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				draw()
			case <-quit:
				return
			}
		}
	}()
	return func() {
		close(quit)
		<-gone
		p.mu.Lock()
		defer p.mu.Unlock()
		p.draw("")
	}
}

// close makes the printer silent: whoever still reads stdin has nothing to say any more.
func (p *printer) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
}
