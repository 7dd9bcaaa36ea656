package edit

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// exchange puts the finished file in the place of the old one while nobody writes that.
func (c Change) exchange(temp, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	hold := noWriter(f)
	defer hold.end()
	if _, err := c.unchanged(path); err != nil {
		return err // most edits of others are seen here, and then nothing moves
	}
	swapped, err := swap(temp, path)
	if err != nil {
		return err
	}
	if !swapped { // the system can't; Windows replaces no open file
		_ = f.Close()
		return os.Rename(temp, path)
	}
	return c.confirm(f, temp, path, hold)
}

// confirm looks at what was in the place of the new file, which temp is now; looked should be that. Where it isn't what the plan was
// made from, or somebody has opened it to write, the two are exchanged back. What is saved between the exchange
// and the way back ends in that place again: what comes out is put back, until it is what was put in before.
func (c Change) confirm(looked *os.File, temp, path string, hold *lease) error {
	var was []byte
	var err error
	// The plain signs first: the shorter ours is there, the less anybody reads it and saves over theirs.
	disturbed := hold.disturbed() || !isFile(looked, temp)
	if !disturbed {
		hold.end()
		if was, err = settled(temp); err == nil && bytes.Equal(was, c.Before) {
			return nil
		}
	}
	for put := c.After; ; {
		_, back := swap(temp, path)
		if errors.Is(back, fs.ErrNotExist) { // somebody has removed ours: theirs gets its name again
			back = createFrom(temp, path)
		}
		if back != nil {
			return back
		}
		if disturbed { // who waits writes now, where it meant to
			hold.end()
			was, err = settled(path)
			disturbed = false
		}
		out, failed := settled(temp)
		if failed != nil || bytes.Equal(out, put) {
			break
		}
		put, was = was, out
	}
	if err != nil {
		return err
	}
	return &Changed{c.Path}
}

// settled is the content of a file once nobody has it open for writing: a program that opened it by its
// old name may still write. Where the system tells nobody of that, it is the content at once.
func settled(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	hold := noWriter(f)
	defer hold.end()
	b, _, err := readFile(path)
	return b, err
}

// isFile reports whether an open file is the one at path.
func isFile(f *os.File, path string) bool {
	opened, err1 := f.Stat()
	there, err2 := os.Stat(path)
	return err1 == nil && err2 == nil && os.SameFile(opened, there)
}

// rewrite writes into the file itself. That the disk has room is known: the new text is there already.
func (c Change) rewrite(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	hold := alone(f)
	defer hold.end()
	now, err := io.ReadAll(io.LimitReader(f, sizeLimit+1))
	if err != nil {
		return err
	}
	if !isFile(f, path) || !bytes.Equal(now, c.Before) {
		return &Changed{c.Path}
	}
	if _, err := f.WriteAt(c.After, 0); err != nil {
		return err
	}
	if err := f.Truncate(int64(len(c.After))); err != nil {
		return err
	}
	return f.Sync()
}

// remove takes the file's name away before the last look, as exchange does.
func (c Change) remove(path string) error {
	if _, err := c.unchanged(path); err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err == nil {
		_ = temp.Close()
		err = os.Rename(path, temp.Name())
	}
	if err != nil {
		return &Fault{c.Path, "remove", err}
	}
	was, err := settled(temp.Name())
	if err == nil && bytes.Equal(was, c.Before) {
		if err := os.Remove(temp.Name()); err != nil {
			return &Fault{c.Path, "remove", err}
		}
		return nil
	}
	if err := createFrom(temp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return &Fault{c.Path, "remove", err}
	}
	_ = os.Remove(temp.Name())
	if err != nil {
		return &Fault{c.Path, "read", err}
	}
	return &Changed{c.Path}
}

// createFrom gives the finished file its name, but takes the name from nobody: a link can't replace
// a file as a rename does. Where there are no hard links, the second look has to do.
func createFrom(temp, path string) error {
	err := os.Link(temp, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	return os.Rename(temp, path)
}
