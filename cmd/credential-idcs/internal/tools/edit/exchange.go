package edit

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/credential-idcs/credential-idcs/internal/share"
)

// exchange replaces the old file by the finished one while no program writes it.
func (c Change) exchange(temp, path string) error {
	f, err := share.Open(path, share.Brief)
	if err != nil {
		return err
	}
	defer f.Close()
	hold := noWriter(f)
	defer hold.end()
	if _, err := c.unchanged(path); err != nil {
		return err // most changes of other programs are noticed here, before anything is moved
	}
	swapped, err := swap(temp, path)
	if err != nil {
		return err
	}
	if !swapped { // the system can't; Windows replaces no open file
		_ = f.Close()
		return share.Rename(temp, path, share.Brief)
	}
	return c.confirm(f, temp, path, hold)
}

// confirm checks the old file, which is temp now and should be looked. If it isn't what the plan was made from, or a
// program has opened it for writing, the two are exchanged back. If a program saves the file between the exchange and the
// way back, its version is put back, too: that repeats until what comes out is what was put in before.
func (c Change) confirm(looked *os.File, temp, path string, hold *lease) error {
	var was []byte
	var err error
	// The cheap checks first: the shorter our file is in the place, the less likely another program reads it.
	disturbed := hold.disturbed() || !isFile(looked, temp)
	if !disturbed {
		hold.end()
		if was, err = settled(temp); err == nil && bytes.Equal(was, c.Before) {
			return nil
		}
	}
	for put := c.After; ; {
		_, back := swap(temp, path)
		if errors.Is(back, fs.ErrNotExist) { // another program has removed our file: the old one gets its name again
			back = createFrom(temp, path)
		}
		if back != nil {
			return back
		}
		if disturbed { // a program that waits for the lease writes now, into the right file
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

// settled is the content of a file once no program has it open for writing: one that opened it under its old name may
// still write. On a system without leases it is the content at once.
func settled(path string) ([]byte, error) {
	f, err := share.Open(path, share.Brief)
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

// rewrite writes into the file itself. The disk has room: the new text is in temp already.
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

// remove moves the file away before the last check, as exchange does.
func (c Change) remove(path string) error {
	if _, err := c.unchanged(path); err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err == nil {
		_ = temp.Close()
		err = share.Rename(path, temp.Name(), share.Brief)
	}
	if err != nil {
		return &Fault{c.Path, "remove", err}
	}
	was, err := settled(temp.Name())
	if err == nil && bytes.Equal(was, c.Before) {
		if err := share.Remove(temp.Name()); err != nil {
			return &Fault{c.Path, "remove", err}
		}
		return nil
	}
	if err := createFrom(temp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return &Fault{c.Path, "remove", err}
	}
	_ = share.Remove(temp.Name())
	if err != nil {
		return &Fault{c.Path, "read", err}
	}
	return &Changed{c.Path}
}

// createFrom gives the finished file its name, unless another file has it: a link doesn't replace a file as a rename does.
// On a file system without hard links it is renamed.
func createFrom(temp, path string) error {
	err := os.Link(temp, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	return share.Rename(temp, path, share.Brief)
}
