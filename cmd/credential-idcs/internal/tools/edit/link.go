package edit

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/credential-idcs/credential-idcs/internal/share"
)

// Some tools look for a helper by its name in a folder of their own. There we make a link to this program. It is a Change,
// too: Before and After are the link's targets.

// LinkChange is the Change of a link.
func LinkChange(path string, before, after []byte) Change {
	return Change{Path: path, Before: before, After: after, Link: true, View: func(b []byte) []byte {
		if b == nil {
			return nil
		}
		return []byte("a link to " + string(b) + "\n")
	}}
}

// ReadLink is a link's target; nil if there is nothing. Its errors are a *Fault and a *NoLink. A hard link to program, as
// makeLink may make one, counts as a link to it; on Windows any other file counts as a link to itself.
func ReadLink(path, program string) ([]byte, error) {
	to, err := os.Readlink(path)
	switch {
	case err == nil:
		return []byte(to), nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	}
	there, err := os.Lstat(path)
	if err != nil {
		return nil, &Fault{path, "read", err}
	}
	if !hardLinks || !there.Mode().IsRegular() {
		return nil, &NoLink{path}
	}
	if us, err := os.Stat(program); err == nil && os.SameFile(us, there) {
		return []byte(program), nil
	}
	return []byte(path), nil
}

// applyLink makes, replaces or removes the link, if it still is what the plan was made from.
func (c Change) applyLink() error {
	to := c.After
	if to == nil {
		to = c.Before
	}
	now, err := ReadLink(c.Path, string(to))
	switch {
	case err != nil:
		return err
	case (now == nil) != (c.Before == nil), string(now) != string(c.Before):
		return &Changed{c.Path}
	}
	dir := filepath.Dir(c.Path)
	if c.After == nil {
		if err := dropLink(c.Path); err != nil {
			return &Fault{c.Path, "remove", err}
		}
		for range c.Tidy {
			if os.Remove(dir) != nil {
				break // the folder isn't empty
			}
			dir = filepath.Dir(dir)
		}
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return &Fault{c.Path, "write", err}
	}
	temp := c.Path + ".tmp"
	_ = os.Remove(temp) // left by a run that was killed here
	if err := makeLink(string(c.After), temp); err != nil {
		return &Fault{c.Path, "write", err}
	}
	defer share.Remove(temp) // a rename of one name of a file to another one may leave both
	if err := share.Rename(temp, c.Path, share.Brief); err != nil {
		return &Fault{c.Path, "write", err}
	}
	if err := syncFolder(dir); err != nil {
		return &Fault{c.Path, "write", err}
	}
	return nil
}
