package edit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/share"
)

// sizeLimit is the largest file in bytes that is read: no configuration file is larger.
const sizeLimit = 16 << 20

// Follow is the file that a path leads to, if its last element is a link, or a link to a link. The file need not exist.
func Follow(path string) (string, error) {
	for range 40 { // as many as Linux follows
		to, err := os.Readlink(path)
		if err != nil { // no link, or nothing there
			return path, nil
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return "", fmt.Errorf("too many links")
}

// Read is the content of a file, not nil; nil if there is none. On Linux it waits while a program has the file open for
// writing, and would read half of it. Its error is a *Fault.
func Read(path string) ([]byte, error) {
	b, _, err := readFile(path)
	if b != nil {
		b, err = settled(path)
	}
	if err != nil {
		return nil, &Fault{path, "read", err}
	}
	return b, nil
}

// Exists reports whether a file exists, following links.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func readFile(path string) ([]byte, fs.FileInfo, error) {
	// Stat first: opening a fifo would wait for a writer.
	fi, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, nil
	case err != nil:
		return nil, nil, err
	case !fi.Mode().IsRegular():
		return nil, nil, errors.New("it is not a regular file")
	}
	f, err := share.Open(path, share.Brief)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, sizeLimit+1))
	switch {
	case err != nil:
		return nil, nil, err
	case len(b) > sizeLimit:
		return nil, nil, errors.New("it is larger than 16 MiB")
	}
	return b, fi, nil // ReadAll's result is never nil
}

// Apply replaces the file by c.After, if it still is c.Before. Its errors are the types of facts.go.
//
// The whole new text is on the disk before the file is changed. The last check of the old text is as late as the system
// allows, see exchange. Mode, owner and extended attributes are those of the old file. A file with several names (hard
// links) is written in place, or the other names would have the old text.
//
// INT, TERM and HUP wait until Apply is done, so they leave no lock and no temporary file behind.
func (c Change) Apply() (err error) {
	release := holdSignals()
	defer release()
	if c.Link {
		return c.applyLink()
	}
	path, err := Follow(c.Path)
	if err != nil {
		return &Fault{c.Path, "read", err}
	}
	dir := filepath.Dir(path)
	if c.Before == nil {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return &Fault{c.Path, "write", err}
		}
	}
	if c.Lock != "" {
		unlock, err := lockFile(c.Lock)
		if err != nil {
			return err
		}
		defer unlock()
	}
	if c.After == nil {
		return c.remove(path)
	}
	fi, err := c.unchanged(path)
	if err != nil {
		return err
	}
	temp, err := c.stage(dir, path, fi)
	if err != nil {
		return err
	}
	defer share.Remove(temp) // gone already after a rename
	switch {
	case c.Before == nil:
		err = createFrom(temp, path)
	case severalNames(fi):
		err = c.rewrite(path)
	default:
		err = c.exchange(temp, path)
	}
	switch changed := new(Changed); {
	case errors.As(err, &changed), errors.Is(err, fs.ErrExist):
		return &Changed{c.Path}
	case err != nil:
		return &Fault{c.Path, "write", err}
	}
	if err := syncFolder(dir); err != nil {
		return &Fault{c.Path, "write", err}
	}
	return nil
}

// stage writes the new text into a file beside the old one, with its mode, owner and attributes.
func (c Change) stage(dir, path string, old fs.FileInfo) (name string, err error) {
	temp, err := os.CreateTemp(dir, filepath.Base(path)+".*.tmp") // 0600
	if err != nil {
		return "", &Fault{c.Path, "write", err}
	}
	defer func() {
		_ = temp.Close()
		if err != nil {
			_ = share.Remove(temp.Name())
		}
	}()
	if _, err := temp.Write(c.After); err != nil {
		return "", &Fault{c.Path, "write", err}
	}
	if old != nil {
		if err := keepOwnerAndMode(temp, old); err != nil {
			return "", &Fault{c.Path, "write", err}
		}
		if err := copyAttributes(path, temp.Name()); err != nil {
			return "", &Fault{c.Path, "write", err}
		}
	}
	if c.Mode != 0 {
		if err := temp.Chmod(c.Mode); err != nil {
			return "", &Fault{c.Path, "write", err}
		}
	}
	if err := temp.Sync(); err != nil {
		return "", &Fault{c.Path, "write", err}
	}
	return temp.Name(), temp.Close() // Windows renames no open file
}

// unchanged reads the file again: it must be what the plan was made from. The FileInfo is nil if there is no file, as
// planned.
func (c Change) unchanged(path string) (fs.FileInfo, error) {
	now, fi, err := readFile(path)
	switch {
	case err != nil:
		return nil, &Fault{c.Path, "read", err}
	case (now == nil) != (c.Before == nil), !bytes.Equal(now, c.Before):
		return nil, &Changed{c.Path}
	}
	return fi, nil
}

// WaitLock makes a lock file, and waits at most limit while another program has it. It polls, since that program may be on
// another machine.
func WaitLock(path string, limit time.Duration) (unlock func(), err error) {
	for deadline := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		release := holdSignals()
		unlock, err := lockFile(path)
		if err == nil {
			return func() { unlock(); release() }, nil
		}
		release()
		if locked := new(Locked); !errors.As(err, &locked) || time.Now().After(deadline) {
			return nil, err
		}
	}
}

// lockFile locks as git and kubectl do: it makes a file that must not exist. It doesn't wait, as they don't.
func lockFile(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil, &Locked{path}
	case err != nil:
		return nil, &Fault{path, "write", err}
	}
	_ = f.Close()
	return func() { _ = share.Remove(path) }, nil
}
