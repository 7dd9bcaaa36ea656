package configure

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Some tools look for a program of theirs by its name in a folder of theirs. That is a link to this
// program, and a Change as a file is: its Before and After are what it leads to.

// planLink adds the link, unless it is there. Another program of that name is replaced if overwrite
// says so; what is no link never is.
func (p *Plan) planLink(env Env, path string, overwrite bool, again string) error {
	before, err := readLink(path)
	if err != nil {
		return err
	}
	if before != nil && !overwrite && !leadsToUs(string(before), path) {
		return refuse(again, "%s is a link to another program: %s", clean(path), clean(string(before)))
	}
	p.add(linkChange(path, before, []byte(env.Program)))
	return nil
}

// dropLink takes the link away, if it is ours. tidy is how many of the folders above it are of our
// making: they go if they are empty.
func (p *Plan) dropLink(path string, tidy int) error {
	before, err := readLink(path)
	if err != nil || before == nil || !leadsToUs(string(before), path) {
		return nil // what is no link isn't ours
	}
	c := linkChange(path, before, nil)
	c.tidy = tidy
	p.add(c)
	return nil
}

// leadsToUs is whether a link at path leads to this program: the one that runs, or one that was installed
// elsewhere.
func leadsToUs(target, path string) bool {
	base := strings.TrimSuffix(filepath.Base(target), ".exe")
	return base == "credential-idcs" || base != "keyring" && base == strings.TrimSuffix(filepath.Base(path), ".exe")
}

func linkChange(path string, before, after []byte) Change {
	return Change{Path: path, Before: before, After: after, link: true, view: func(b []byte) []byte {
		if b == nil {
			return nil
		}
		return []byte("a link to " + string(b) + "\n")
	}}
}

// readLink is what a link leads to; nil if there is nothing.
func readLink(path string) ([]byte, error) {
	to, err := os.Readlink(path)
	switch {
	case err == nil:
		return []byte(to), nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	}
	if _, err := os.Lstat(path); err != nil {
		return nil, fileFailure(path, "read", err)
	}
	return nil, refuse("", "%s is there and is no link; move it away", clean(path))
}

// applyLink makes, replaces or removes the link, if it still is what the plan was made from.
func (c Change) applyLink() error {
	now, err := readLink(c.Path)
	switch {
	case err != nil:
		return err
	case (now == nil) != (c.Before == nil), string(now) != string(c.Before):
		return changed(c.Path)
	}
	dir := filepath.Dir(c.Path)
	if c.After == nil {
		if err := os.Remove(c.Path); err != nil {
			return fileFailure(c.Path, "remove", err)
		}
		for range c.tidy {
			if os.Remove(dir) != nil {
				break // somebody else keeps something there
			}
			dir = filepath.Dir(dir)
		}
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fileFailure(c.Path, "write", err)
	}
	temp := c.Path + ".tmp"
	_ = os.Remove(temp) // of a run that was killed here
	if err := os.Symlink(string(c.After), temp); err != nil {
		return fileFailure(c.Path, "write", err)
	}
	if err := os.Rename(temp, c.Path); err != nil {
		_ = os.Remove(temp)
		return fileFailure(c.Path, "write", err)
	}
	if err := syncFolder(dir); err != nil {
		return fileFailure(c.Path, "write", err)
	}
	return nil
}
