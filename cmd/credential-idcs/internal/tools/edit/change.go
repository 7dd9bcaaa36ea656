// Package edit changes configuration files of other programs: it finds where a few bytes belong in a text (JSON, YAML,
// TOML, INI, HCL, lines), and replaces the file so that nothing is lost that another program writes meanwhile. It knows no
// tool; its errors are facts (facts.go), for which package tool has the messages.
package edit

import "io/fs"

// A Change is one file before and after.
type Change struct {
	Path   string // absolute; perhaps a link
	Before []byte // nil: there is no file
	After  []byte // nil: the file is removed

	Link    bool                // Path is a link to a program; Before and After are its targets
	Tidy    int                 // how many folders above a link are removed with it, if they are empty
	Mode    fs.FileMode         // of the new file; 0: that of the old one
	Lock    string              // the file by which the tool locks Path; empty: it has none
	View    func([]byte) []byte // returns the text that may be shown; nil: all
	Context int                 // unchanged lines around a change in Diff
}

// IsOne reports whether the change changes anything.
func (c Change) IsOne() bool {
	return (c.Before == nil) != (c.After == nil) || string(c.Before) != string(c.After)
}
