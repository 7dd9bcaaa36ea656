package edit

import "io/fs"

// A Change is one file before and after.
type Change struct {
	Path   string // as the tool calls it, absolute; perhaps a link
	Before []byte // nil: there is no file
	After  []byte // nil: there shall be none

	Link    bool                // a link; Before and After are what it leads to
	Tidy    int                 // how many folders above a link go with it, if they are empty
	Mode    fs.FileMode         // of the new file; 0: as the old one has it
	Lock    string              // the file by which the tool locks Path; empty: it doesn't
	View    func([]byte) []byte // what of it may be shown; nil: all
	Context int                 // unchanged lines around a change in Diff
}

// IsOne reports whether the change changes anything.
func (c Change) IsOne() bool {
	return (c.Before == nil) != (c.After == nil) || string(c.Before) != string(c.After)
}
