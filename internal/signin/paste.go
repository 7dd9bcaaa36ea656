package signin

import (
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// settle is how long nothing more may arrive before what was pasted is judged: an address that was
// copied from a narrow window comes in two lines, and its first one may look whole.
const settle = 100 * time.Millisecond

// mostLines is how many lines an address may have come in.
const mostLines = 16

// A keyboard is stdin, from which an address may be pasted.
type keyboard struct {
	in       io.Reader
	redirect *redirect
	check    check
	out      *printer
	edit     *editor // nil: whoever types has the terminal's own editing, or there is no terminal
	restore  func()  // gives the terminal its own mode back
}

// keyboard makes stdin ready. A terminal is taken out of its line mode where what is typed can be shown
// here instead; see editor.
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

// ownEcho reports whether what is typed is shown by the terminal itself, in the middle of what else
// stands on the line.
func (k *keyboard) ownEcho() bool {
	f, ok := k.in.(*os.File)
	return k.edit == nil && ok && term.IsTerminal(int(f.Fd()))
}

// paste reads until something is the answer. The end of stdin is no answer: a script has none to give,
// and the browser may still come.
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

// read looks for the answer in some lines: in the most of them that make one, and among those in the
// last. Its error is about the last line that isn't empty.
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

// joined is an address in one piece: it holds no blank, so those around its parts are the window's.
func joined(lines []string) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(strings.TrimSpace(l))
	}
	return b.String()
}

// A check is what an answer must show to be this login's.
type check struct {
	state   secret.Text
	issuers []string
}
