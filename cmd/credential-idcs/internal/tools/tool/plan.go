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

// A Plan has changes of files, and messages.
type Plan struct {
	Changes []edit.Change // in the order in which they are written; empty: nothing has to change
	Notes   []Note        // for stderr
	Print   string        // documents for stdout; may be set beside an error
}

// A Note is something that the person should know, and the command that mends it.
type Note struct {
	Message string // one line, lower case, no full stop, cleaned
	Command string // may be empty
	Aside   bool   // nothing is wrong; doctor doesn't report it
}

// Lines is the note for stderr, in the form of all messages.
func (n Note) Lines() string {
	return (&helpers.Failure{Message: n.Message, Command: n.Command}).Lines()
}

// Diff is what Apply would do, as a unified diff without secrets and lines of others.
func (p Plan) Diff() string {
	var b strings.Builder
	for _, c := range p.Changes {
		b.WriteString(c.Diff())
	}
	return b.String()
}

// Apply writes the changes in their order and stops at the first that can't be written; that file stays as it was. Its
// errors are *helpers.Failure.
func (p Plan) Apply() error {
	for _, c := range p.Changes {
		if err := c.Apply(); err != nil {
			return failed(err)
		}
	}
	return nil
}

// Add adds a change, if it changes anything.
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

// Aside adds a note for information: nothing is wrong.
func (p *Plan) Aside(format string, args ...any) {
	p.Notes = append(p.Notes, Note{Message: fmt.Sprintf(format, args...), Aside: true})
}

// Refuse is a Failure of class Internal, exit status 1. The caller cleans foreign text in args.
//
//go:noinline
func Refuse(command, format string, args ...any) *helpers.Failure {
	return &helpers.Failure{Class: helpers.Internal, Message: fmt.Sprintf(format, args...), Command: command}
}

// Clean is text.Clean.
func Clean(s string) string { return text.Clean(s) }

// Read is edit.Read; its error is a *helpers.Failure.
func Read(path string) ([]byte, error) {
	b, err := edit.Read(path)
	if err != nil {
		return nil, failed(err)
	}
	return b, nil
}

// failed is the *helpers.Failure for an error of package edit.
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

// EndLine adds a missing last line break, so that the last line doesn't count as changed in a diff.
func EndLine(b []byte) []byte {
	if len(b) > 0 && b[len(b)-1] != '\n' {
		return append(bytes.Clone(b), '\n')
	}
	return b
}

// AnotherSetting is the error for a value that another program or a person has set, without Overwrite.
type AnotherSetting struct{ What string }

func (e AnotherSetting) Error() string { return e.What }

// Fault is the Failure of a file that can't be read, written or removed.
func Fault(path, verb string, err error) error {
	return failed(&edit.Fault{Path: path, Verb: verb, Err: err})
}
