package configure

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// An Env is what surrounds the person. Nothing here is read from the process.
type Env struct {
	Vars    []string // KEY=value, as os.Environ; git gets them as they are
	Home    string   // the home directory, absolute; empty: unknown
	Dir     string   // the working directory, absolute
	Program string   // this program, absolute and clean, links not resolved

	// RunContainers is the folder of podman's logins where XDG_RUNTIME_DIR is not set, /run/containers/UID;
	// empty: there is none.
	RunContainers string
}

// get is the value of a variable, the last one if it is there twice, as in exec.Cmd.
func (e Env) get(name string) string {
	for i := len(e.Vars) - 1; i >= 0; i-- {
		if k, v, ok := strings.Cut(e.Vars[i], "="); ok && k == name {
			return v
		}
	}
	return ""
}

// abs is path as the tools read it: from the working directory.
func (e Env) abs(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(e.Dir, path)
}

// home is a file below the home directory.
func (e Env) home(elem ...string) (string, error) {
	if !filepath.IsAbs(e.Home) {
		return "", &helpers.Failure{Class: helpers.Config, Message: "the home directory is not known: HOME is not set"}
	}
	return filepath.Join(append([]string{e.Home}, elem...)...), nil
}

// A Plan is what is to be done, and what is to be said.
type Plan struct {
	Changes []Change // in the order in which they are written; empty: all is as it should be
	Notes   []Note   // for stderr
	Print   string   // documents for stdout; also of use if the error isn't nil
}

// A Change is one file before and after.
type Change struct {
	Path   string // as the tool calls it, absolute; perhaps a link
	Before []byte // nil: there is no file
	After  []byte // nil: there shall be none

	link    bool                // a link; Before and After are what it leads to
	tidy    int                 // how many folders above a link go with it, if they are empty
	lock    string              // the file by which the tool locks Path; empty: it doesn't
	view    func([]byte) []byte // what of it may be shown; nil: all
	context int                 // unchanged lines around a change in Diff
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
		b.WriteString(c.diff())
	}
	return b.String()
}

// Apply writes the changes in their order and stops at the first that can't be written, which is
// then as it was. Its errors are *helpers.Failure.
func (p Plan) Apply() error {
	for _, c := range p.Changes {
		if err := c.apply(); err != nil {
			return err
		}
	}
	return nil
}

// add notes a change, if it is one.
func (p *Plan) add(c Change) {
	if (c.Before == nil) != (c.After == nil) || string(c.Before) != string(c.After) {
		p.Changes = append(p.Changes, c)
	}
}

func (p *Plan) note(command, format string, args ...any) {
	p.Notes = append(p.Notes, Note{Message: fmt.Sprintf(format, args...), Command: command})
}

func (p *Plan) aside(format string, args ...any) {
	p.Notes = append(p.Notes, Note{Message: fmt.Sprintf(format, args...), Aside: true})
}

// refuse is the Failure of everything that isn't done: exit 1. Foreign text in args is cleaned by
// whoever calls.
func refuse(command, format string, args ...any) *helpers.Failure {
	return &helpers.Failure{Class: helpers.Internal, Message: fmt.Sprintf(format, args...), Command: command}
}

// clean is for foreign text in messages.
func clean(s string) string { return text.Clean(s) }
