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
	found, typed := make(chan result, 1), chunks(k.in)
	go func() {
		var (
			lines pasted
			ended <-chan time.Time
		)
		e := k.edit
		if e == nil {
			e = &editor{} // a pipe's lines end in the same way
		}
		judge := func() bool {
			got, err := k.read(lines.all)
			if err == nil {
				found <- got
				return true
			}
			if lines.freshText() != "" {
				k.out.say("that is not the answer to this login: " + err.Error())
			}
			lines.fresh, ended = 0, nil
			return false
		}
		for {
			select {
			case b, ok := <-typed:
				if !ok { // a last line without its end counts
					lines.add(string(e.line))
					judge()
					return
				}
				more, end := e.feed(b)
				k.out.typing(e, k.edit != nil)
				lines.add(more...)
				if lines.fresh > 0 {
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

// chunks sends what arrives on in, and is closed at its end.
func chunks(in io.Reader) <-chan []byte {
	c := make(chan []byte)
	go func() {
		defer close(c)
		for {
			b := make([]byte, 4096)
			n, err := in.Read(b)
			if n > 0 {
				c <- b[:n]
			}
			if err != nil {
				return
			}
		}
	}()
	return c
}

// pasted are the last lines of stdin, at most mostLines.
type pasted struct {
	all   []string
	fresh int // how many of the last ones nobody has judged
}

func (p *pasted) add(lines ...string) {
	p.all, p.fresh = append(p.all, lines...), p.fresh+len(lines)
	if drop := len(p.all) - mostLines; drop > 0 {
		p.all, p.fresh = p.all[drop:], min(p.fresh, mostLines)
	}
}

// freshText is what the fresh lines hold beside blanks.
func (p *pasted) freshText() string {
	return strings.TrimSpace(strings.Join(p.all[len(p.all)-p.fresh:], ""))
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
