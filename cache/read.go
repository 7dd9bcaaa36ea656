package cache

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
)

// errNoFile is wrapped in the FolderError of what can't hold a token: a folder, a link, a fifo.
var errNoFile = errors.New("no file")

// maxFile is more than any token file of ours: an answer of 1 MiB, sealed, which takes a third more.
const maxFile = 2 << 20

// read returns the stored token without a lock. Files are replaced by rename, so it sees the old
// one or the new one, whole. No file is the zero Token.
//
// The error is errDamaged for a file that can't be read as a token file, *NewerError, or *FolderError for one
// that shouldn't be opened at all.
func (d *Dir) read(name string) (Token, error) {
	if !d.found {
		return Token{}, nil
	}
	path := d.file(name, ".json")
	t, rest, err := d.readToken(path)
	// Who has just written it in another form may have deleted the key before it was read here.
	for e, sealed := errors.AsType[*SealedError](err); sealed; e, sealed = errors.AsType[*SealedError](err) {
		if f, ok := d.formOf(path); ok && f.key == e.key {
			break
		}
		t, rest, err = d.readToken(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return Token{}, nil
	}
	if err == nil && len(bytes.Trim(rest, "\n")) > 0 { // see cut
		err = errDamaged
	}
	if err != nil {
		return Token{}, err
	}
	return t, nil
}

// readToken returns a token, and the bytes of the file after its record.
func (d *Dir) readToken(path string) (t Token, rest []byte, err error) {
	b, number, err := d.readPrivate(path)
	if err != nil {
		return Token{}, nil, err
	}
	version, record, n, err := unframeAny(b)
	if errors.Is(err, errNewer) {
		return Token{}, nil, &NewerError{Path: path}
	}
	var f form
	if err == nil && version == boxVersion {
		f, record, err = d.unbox(baseName(path), record)
	}
	if errors.Is(err, errUnknownRecord) { // whole, and no box that this version can read
		return Token{}, nil, &NewerError{Path: path}
	}
	if err != nil {
		return Token{}, nil, err
	}
	t, err = decodeToken(record)
	t.form = f
	if t.inode != 0 && t.inode != number {
		t.copied = d.sys.LastingInodes == nil || d.sys.LastingInodes(d.path)
	}
	return t, b[n:], err
}

// unbox opens the record of a sealed file.
func (d *Dir) unbox(name string, record []byte) (form, []byte, error) {
	f, closed, err := takeApart(record)
	if err != nil {
		return f, nil, err
	}
	key, err := d.keyOf(f)
	if err != nil {
		return f, nil, err
	}
	record, err = f.open(name, key, closed)
	return f, record, err
}

// readPrivate returns a file's content and its inode number, if only we can have written it. It checks the
// open file, not the name.
func (d *Dir) readPrivate(path string) (content []byte, number uint64, err error) {
	f, err := d.openShared(path)
	if err != nil {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, 0, err
		case isLink(err):
			return nil, 0, &FolderError{Path: path, Problem: "is a link", Err: errNoFile}
		}
		return nil, 0, &FolderError{Path: path, Problem: "can't be read", Err: err}
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return nil, 0, &FolderError{Path: path, Problem: "can't be read", Err: err}
	}
	if err := d.checkFile(path, fi); err != nil {
		return nil, 0, err
	}
	if fi.Size() > maxFile {
		return nil, 0, errDamaged
	}
	b := make([]byte, fi.Size())
	n, err := io.ReadFull(f, b)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, 0, &FolderError{Path: path, Problem: "can't be read", Err: err}
	}
	return b[:n], inode(fi), nil
}

// checkFile refuses a file that we can't have made: one that is not regular, belongs to another user, is
// open to others, or has a second name.
func (d *Dir) checkFile(path string, fi fs.FileInfo) error {
	switch {
	case !fi.Mode().IsRegular():
		return &FolderError{Path: path, Problem: "is no regular file", Err: errNoFile}
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
