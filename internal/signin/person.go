package signin

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/host"
)

// A Person is who logs in, and what there is between us. Only Stderr must be set.
type Person struct {
	Profile string // its name, for the page that a browser shows
	Program string // whose messages these are; empty: credential-idcs
	// Stdin is read for the address that a browser ended at: one elsewhere can't reach us, and one here
	// may not have opened though its command said so. Nil: it isn't read. A terminal is taken out of its
	// line mode meanwhile. One Read of it may still be under way when the login is over.
	Stdin  io.Reader
	Stderr io.Writer
	Screen host.Screen // what Stderr is
	// Open shows a URL in a browser and doesn't wait for it, as Opener.Open does; nil: the person
	// opens it.
	Open func(url string) (exit <-chan error, err error)
	// Guard makes a context that a signal ends, so that an interrupted terminal gets its own mode back;
	// nil: a signal may end the process as it likes. Call stop once.
	Guard func(context.Context) (guarded context.Context, stop func())
	// After is time.After, which it is when nil. All waiting is done by it.
	After func(time.Duration) <-chan time.Time
}

// At is the person at a process's terminal. With noBrowser none is opened, and an address may be pasted
// even where stdin is no terminal: a script's stdin is read only if the script says so. hide are the
// variables that the browser doesn't get.
func At(p *host.Process, profile string, noBrowser bool, hide []string) Person {
	who := Person{Profile: profile, Stderr: p.Stderr}
	if f, ok := p.Stderr.(*os.File); ok {
		who.Screen = host.LookAt(f, p.Getenv)
	}
	if noBrowser || p.Terminal(0) {
		who.Stdin = p.Stdin
	}
	if !noBrowser {
		o := Opener{Environ: p.Environ(), Hide: hide}
		who.Open = o.Open
	}
	return who
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

// A printer writes what the person reads. On a terminal its last line shows what is waited for.
type printer struct {
	program string
	w       io.Writer
	line    host.Line

	mu     sync.Mutex
	closed bool
}

func (p Person) printer() *printer {
	out := &printer{program: cmp.Or(p.Program, "credential-idcs"), w: p.Stderr}
	if p.Screen.Terminal {
		out.line.W, out.line.Columns = p.Stderr, p.Screen.Columns
	}
	return out
}

// say prints a message, one line with the program's name before it, and below it what it speaks of,
// behind a tab.
func (p *printer) say(message string, below ...string) {
	var b strings.Builder
	b.WriteString(p.program + ": " + message + "\n")
	for _, line := range below {
		b.WriteString("\t" + line + "\n")
	}
	p.print(b.String())
}

func (p *printer) print(s string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.line.Print(p.w, s)
	}
}

// typing shows what is being typed, in place of what is waited for.
func (p *printer) typing(e *editor, visible bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if visible && !p.closed {
		p.line.Type(e.show(p.line.Columns))
	}
}

// alive shows on a terminal that something waits until end, and how long at most. Call stop once.
func (p *printer) alive(what string, now func() time.Time, end time.Time) (stop func()) {
	return p.line.Every(func() string {
		left := max(end.Sub(now().Round(0)), 0).Round(time.Second)
		return fmt.Sprintf("%s, %d:%02d left ", what, left/time.Minute, left%time.Minute/time.Second)
	})
}

// close makes the printer silent: whoever still reads stdin has nothing to say any more.
func (p *printer) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
}
