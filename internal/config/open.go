package config

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxSize is the size in bytes above which no file named here is read.
const maxSize = 1 << 20

// A Path is a file that the configuration names. The zero Path is none.
type Path struct {
	Written string // as in the configuration, for messages and for commands to a person
	Full    string // absolute; empty if Written begins with ~/ and HOME isn't set
}

// IsZero reports whether p names no file.
func (p Path) IsZero() bool { return p.Written == "" }

// A rule is what a file must be like to be believed.
type rule int

const (
	secretRule rule = iota // read by nobody else, and not written
	publicRule             // written by nobody else
)

// ReadSecret reads a file that holds a key or a client secret, at most 1 MiB. Links are followed, and
// the opened file is judged: regular, ours or root's, and closed to others. A file of root's with mode
// 0440 or less passes, as container platforms mount secrets so, readable by a group of ours. The
// error is a *FileError.
func ReadSecret(p Path) ([]byte, error) { return p.read(secretRule) }

// ReadPublic reads a certificate or CA file, at most 1 MiB. It must be regular, ours or root's, and
// not writable by others. The error is a *FileError.
func ReadPublic(p Path) ([]byte, error) { return p.read(publicRule) }

func (p Path) read(r rule) ([]byte, error) {
	if p.Full == "" {
		return nil, &FileError{Path: p, Problem: NoHome}
	}
	// Without waiting for a fifo's writer, without becoming a terminal's owner.
	f, err := os.OpenFile(p.Full, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, &FileError{Path: p, Problem: Unreadable, Err: err}
	}
	defer f.Close()
	st, err := f.Stat()
	switch {
	case err != nil:
		return nil, &FileError{Path: p, Problem: Unreadable, Err: err}
	case !st.Mode().IsRegular():
		return nil, &FileError{Path: p, Problem: NotRegular}
	case st.Size() > maxSize:
		return nil, &FileError{Path: p, Problem: TooBig}
	}
	if e := judge(st, r, os.Geteuid()); e != nil {
		e.Path = p
		return nil, e
	}
	// The file may grow while it is read, so the limit is kept here once more.
	var b bytes.Buffer
	b.Grow(int(st.Size()) + bytes.MinRead)
	if _, err := b.ReadFrom(io.LimitReader(f, maxSize+1)); err != nil {
		return nil, &FileError{Path: p, Problem: Unreadable, Err: err}
	}
	if b.Len() > maxSize {
		return nil, &FileError{Path: p, Problem: TooBig}
	}
	return b.Bytes(), nil
}

// judge holds a file's mode and owner against a rule; nil: it passes.
func judge(st fs.FileInfo, r rule, self int) *FileError {
	owner, known := ownerOf(st)
	if !known {
		return nil // mode bits and numeric owners mean nothing on this system
	}
	perm := st.Mode().Perm()
	switch {
	case owner != self && owner != 0:
		return &FileError{Problem: ForeignOwner, Owner: owner, Mode: perm}
	case r == publicRule && perm&0o022 != 0:
		return &FileError{Problem: WritableByOthers, Mode: perm}
	case r == secretRule && owner == 0 && perm&^0o440 == 0:
		return nil
	case r == secretRule && perm&0o044 != 0:
		return &FileError{Problem: ReadableByOthers, Mode: perm}
	case r == secretRule && perm&0o022 != 0:
		return &FileError{Problem: WritableByOthers, Mode: perm}
	}
	return nil
}

// A place resolves the paths of one configuration file.
type place struct {
	folder string // the file's own, absolute
	home   string // the home directory; empty: not known
}

// path makes a Path of what a key says. Relative means relative to the file's folder.
func (pl place) path(written string) Path {
	if rest, ok := strings.CutPrefix(written, "~/"); ok {
		if pl.home == "" {
			return Path{Written: written}
		}
		return Path{written, filepath.Join(pl.home, rest)}
	}
	if filepath.IsAbs(written) {
		return Path{written, filepath.Clean(written)}
	}
	return Path{written, filepath.Join(pl.folder, written)}
}
