package signin

import (
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// settle is how long nothing more may arrive before the pasted lines are checked: an address that was copied from a
// narrow window has several lines, and its first one may look complete.
const settle = 100 * time.Millisecond

// mostLines is how many lines an address may have.
const mostLines = 16

// A keyboard is stdin, from which an address may be pasted.
type keyboard struct {
	in       io.Reader
	redirect *redirect
	check    check
	out      *printer
	edit     *editor // nil: the terminal edits the line itself, or there is no terminal
	restore  func()  // gives the terminal its own mode back
}

// keyboard prepares stdin. If Stderr is a terminal, too, the line is edited here, without the terminal's line mode; see
// editor.
func (p Person) keyboard(r *redirect, c check, out *printer) *keyboard {
	k := &keyboard{in: p.Stdin, redirect: r, check: c, out: out, restore: func() {}}
	f, ok := p.Stdin.(*os.File)
	if !ok || !p.Screen.Terminal || !term.IsTerminal(int(f.Fd())) {
		return k
	}
	if l, err := takeLetters(f); err == nil {
		k.in, k.edit, k.restore = l, &editor{}, l.restore
	}
	return k
}

// ownEcho reports whether the terminal itself shows what is typed, which would mix with the line that shows the waiting.
func (k *keyboard) ownEcho() bool {
	f, ok := k.in.(*os.File)
	return k.edit == nil && ok && term.IsTerminal(int(f.Fd()))
}

// paste reads stdin until it has the answer. The end of stdin isn't the end of the login: the browser may still come.
func (k *keyboard) paste() <-chan result {
	found, typed := make(chan result, 1), make(chan []byte)
	go func() {
		defer close(typed)
		for {
			b := make([]byte, 4096)
			n, err := k.in.Read(b)
			if n > 0 {
				typed <- b[:n]
			}
			if err != nil {
				return
			}
		}
	}()
	go func() {
		var (
			own   editor // a pipe's lines end in the same way
			lines []string
			fresh int // of lines, how many nobody has judged
			ended <-chan time.Time
		)
		e := &own
		if k.edit != nil {
			e = k.edit
		}
		judge := func() bool {
			got, err := k.read(lines)
			if err == nil {
				found <- got
				return true
			}
			if fresh > 0 && strings.TrimSpace(strings.Join(lines[len(lines)-fresh:], "")) != "" {
				k.out.say("that is not the answer to this login: " + err.Error())
			}
			fresh, ended = 0, nil
			return false
		}
		for {
			select {
			case b, ok := <-typed:
				if !ok { // a last line without its end counts
					lines, fresh = append(lines, string(e.line)), fresh+1
					judge()
					return
				}
				more, end := e.feed(b)
				k.out.typing(e, k.edit != nil)
				lines, fresh = append(lines, more...), fresh+len(more)
				if drop := len(lines) - mostLines; drop > 0 {
					lines, fresh = lines[drop:], min(fresh, mostLines)
				}
				if fresh > 0 {
					ended = time.After(settle)
				}
				if end {
					judge()
					return
				}
			case <-ended:
				if judge() {
					return
				}
			}
		}
	}()
	return found
}

// read looks for the answer in consecutive lines: in as many as possible, and of those in the last. Its error is about
// the last line that isn't empty.
func (k *keyboard) read(lines []string) (result, error) {
	for many := len(lines); many > 0; many-- {
		for from := len(lines) - many; from >= 0; from-- {
			if got, err := k.redirect.readAddress(joined(lines[from:from+many]), k.check); err == nil {
				return got, nil
			}
		}
	}
	for i := len(lines) - 1; i >= 0; i-- {
		if joined(lines[i:i+1]) != "" {
			_, err := k.redirect.readAddress(joined(lines[i:i+1]), k.check)
			return result{}, err
		}
	}
	return result{}, errNothing
}

// joined is an address without line breaks. It has no blanks, so those around its parts were added by the window.
func joined(lines []string) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(strings.TrimSpace(l))
	}
	return b.String()
}

// A check has what an answer to this login must have: its state, and one of the issuers.
type check struct {
	state   secret.Text
	issuers []string
}
