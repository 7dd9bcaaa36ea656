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

// A Person is the person who logs in, with their terminal and browser. Only Stderr must be set.
type Person struct {
	Profile string // its name, for the page that a browser shows
	Program string // the program's name in messages; empty: credential-idcs
	// Stdin is read for the address at which a browser ended: a browser elsewhere can't reach us, and one here may not
	// have opened, though its command succeeded. A terminal has no line mode meanwhile. One Read may still be running
	// when the login is over. Nil: it isn't read.
	Stdin  io.Reader
	Stderr io.Writer
	Screen host.Screen // of Stderr
	// Open opens a URL in a browser and doesn't wait for it, as Opener.Open does; nil: the person opens it.
	Open func(url string) (exit <-chan error, err error)
	// Guard makes a context that a signal ends, so that the terminal gets its own mode back before the process ends;
	// nil: a signal ends the process at once. Call stop once.
	Guard func(context.Context) (guarded context.Context, stop func())
	// After is used for all waiting; nil: time.After.
	After func(time.Duration) <-chan time.Time
}

// At is the person at a process's terminal. With noBrowser no browser is opened, and an address is read from stdin even
// if that is no terminal; else a script's stdin isn't read. hide are the variables that the browser doesn't get.
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

// A printer prints for the person. On a terminal its last line shows what the program waits for.
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

// say prints a message, one line behind the program's name, and further lines behind a tab.
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

// typing shows what is being typed on the last line.
func (p *printer) typing(e *editor, visible bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if visible && !p.closed {
		p.line.Type(e.show(p.line.Columns))
	}
}

// alive shows on a terminal what the program waits for until end, and the time that is left. Call stop once.
func (p *printer) alive(what string, now func() time.Time, end time.Time) (stop func()) {
	return p.line.Every(func() string {
		left := max(end.Sub(now().Round(0)), 0).Round(time.Second)
		return fmt.Sprintf("%s, %d:%02d left ", what, left/time.Minute, left%time.Minute/time.Second)
	})
}

// close silences the printer: the goroutine that reads stdin may still run after the login.
func (p *printer) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
}
