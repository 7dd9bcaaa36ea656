package cache

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// maxFile is more than any token file of ours: the domain's largest tokens have 128,000 bytes each.
const maxFile = 1 << 20

// read returns the stored token without a lock. Files are replaced by rename, so it sees the old
// one or the new one, whole. No file is the zero Token.
//
// The error is errDamaged for a file that can't be believed, *NewerError, or *FolderError for one
// that shouldn't be opened at all.
func (d *Dir) read(name string) (Token, error) {
	if !d.found {
		return Token{}, nil
	}
	path := d.file(name, ".json")
	b, err := d.readPrivate(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Token{}, nil
	}
	if err != nil {
		return Token{}, err
	}
	record, n, err := unseal(b)
	if errors.Is(err, errNewer) {
		return Token{}, &NewerError{Path: path}
	}
	if err == nil && n != len(b) {
		err = errDamaged
	}
	if err != nil {
		return Token{}, err
	}
	return decodeToken(record)
}

// readPrivate reads a file that only we can have written. The descriptor is judged, not the name.
func (d *Dir) readPrivate(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|noFollow, 0)
	if err != nil {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, err
		case isLink(err):
			return nil, &FolderError{Path: path, Problem: "is a link"}
		}
		return nil, &FolderError{Path: path, Problem: "can't be read", Err: err}
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return nil, &FolderError{Path: path, Problem: "can't be read", Err: err}
	}
	if err := d.judge(path, fi); err != nil {
		return nil, err
	}
	if fi.Size() > maxFile {
		return nil, errDamaged
	}
	b := make([]byte, fi.Size())
	n, err := io.ReadFull(f, b)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, &FolderError{Path: path, Problem: "can't be read", Err: err}
	}
	return b[:n], nil
}

// judge refuses what we can't have made: not a plain file, another's, open to others, with a second
// name.
func (d *Dir) judge(path string, fi fs.FileInfo) error {
	switch {
	case !fi.Mode().IsRegular():
		return &FolderError{Path: path, Problem: "is no regular file"}
	case !modesCount:
		return nil
	case owner(fi) != d.sys.UID && !d.readOnly:
		return &FolderError{Path: path, Problem: "belongs to another user"}
	case fi.Mode().Perm()&0o077 != 0:
		return &FolderError{Path: path, Problem: "is open to others (mode " + octal(fi.Mode()) + ")", Mode: 0o600}
	case links(fi) > 1:
		return &FolderError{Path: path, Problem: "has a second name (hard link)"}
	}
	return nil
}
