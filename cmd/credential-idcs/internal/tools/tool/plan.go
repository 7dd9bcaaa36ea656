package tool

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// A Plan is what is to be done, and what is to be said.
type Plan struct {
	Changes []edit.Change // in the order in which they are written; empty: nothing has to change
	Notes   []Note        // for stderr
	Print   string        // documents for stdout; also of use if the error isn't nil
}

// A Note is something that the person should know, and the command that mends it.
type Note struct {
	Message string // one line, lower case, no full stop, cleaned
	Command string // may be empty
	Aside   bool   // it is worth to be said once; nothing is wrong
}

// Lines is the note for stderr, in the form of all messages.
func (n Note) Lines() string {
	return (&helpers.Failure{Message: n.Message, Command: n.Command}).Lines()
}

// Diff is what Apply would do, as a unified diff without what is secret or none of our business.
func (p Plan) Diff() string {
	var b strings.Builder
	for _, c := range p.Changes {
		b.WriteString(c.Diff())
	}
	return b.String()
}

// Apply writes the changes in their order and stops at the first that can't be written, which is
// then as it was. Its errors are *helpers.Failure.
func (p Plan) Apply() error {
	for _, c := range p.Changes {
		if err := c.Apply(); err != nil {
			return failed(err)
		}
	}
	return nil
}

// Add adds a change, if it is one.
func (p *Plan) Add(c edit.Change) {
	if c.IsOne() {
		p.Changes = append(p.Changes, c)
	}
}

// Note adds a note, with the command that mends it.
//
//go:noinline
func (p *Plan) Note(command, format string, args ...any) {
	p.Notes = append(p.Notes, Note{Message: fmt.Sprintf(format, args...), Command: command})
}

// Aside adds a note of which nothing is wrong.
func (p *Plan) Aside(format string, args ...any) {
	p.Notes = append(p.Notes, Note{Message: fmt.Sprintf(format, args...), Aside: true})
}

// Refuse is the Failure of everything that isn't done: exit 1. Foreign text in args is cleaned by
// whoever calls.
//
//go:noinline
func Refuse(command, format string, args ...any) *helpers.Failure {
	return &helpers.Failure{Class: helpers.Internal, Message: fmt.Sprintf(format, args...), Command: command}
}

// Clean is for foreign text in messages.
func Clean(s string) string { return text.Clean(s) }

// Read is the content of a tool's file, not nil; nil if there is none.
func Read(path string) ([]byte, error) {
	b, err := edit.Read(path)
	if err != nil {
		return nil, failed(err)
	}
	return b, nil
}

// failed says in words what package edit tells in facts.
func failed(err error) error {
	var fault *edit.Fault
	var changed *edit.Changed
	var locked *edit.Locked
	var noLink *edit.NoLink
	switch {
	case errors.As(err, &fault):
		return &helpers.Failure{Message: "can't " + fault.Verb + " " + Clean(fault.Path) + ": " + Clean(fault.Why()), Err: err}
	case errors.As(err, &changed):
		return Refuse("", "%s was changed by another program meanwhile; nothing was written, run it again", Clean(changed.Path))
	case errors.As(err, &locked):
		return Refuse(text.Remove(locked.Path), "%s exists: another program is editing that file, or died while it did", Clean(locked.Path))
	case errors.As(err, &noLink):
		return Refuse("", "%s is there and is no link; move it away", Clean(noLink.Path))
	}
	return err
}

// EndLine gives the last line its ending, so that it doesn't count as changed when it is shown.
func EndLine(b []byte) []byte {
	if len(b) > 0 && b[len(b)-1] != '\n' {
		return append(bytes.Clone(b), '\n')
	}
	return b
}

// AnotherSetting is what somebody else has set where ours belongs.
type AnotherSetting struct{ What string }

func (e AnotherSetting) Error() string { return e.What }

// Fault is the Failure of a file that can't be read, written or removed.
func Fault(path, verb string, err error) error {
	return failed(&edit.Fault{Path: path, Verb: verb, Err: err})
}
