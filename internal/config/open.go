package config

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxSize is how many bytes a file may have.
const maxSize = 1 << 20

// A Path is the path of a file in the configuration. The zero Path is none.
type Path struct {
	Written string // as in the configuration, for messages and for commands to a person
	Full    string // absolute; empty if Written begins with ~/ and HOME isn't set
	Spare   string // absolute, read if Full doesn't exist; empty: there is none
}

// IsZero reports whether p names no file.
//
//go:noinline
func (p Path) IsZero() bool { return p.Written == "" }

// A rule is which owner and mode a file must have.
type rule int

const (
	secretRule  rule = iota // nobody else may read or write it
	publicRule              // nobody else may write it
	accountRule             // as secretRule, but all may read a file of root's
)

// ReadSecret reads a file with a key or a client secret, at most 1 MiB. It follows links. The opened file must be
// regular, ours or root's, and closed to others. A file of root's may also have mode 0440 or less, as container
// platforms mount secrets. In a user namespace an owner outside may count as root, see rootOutside. The error is a
// *FileError.
func ReadSecret(p Path) ([]byte, error) { return p.read(secretRule) }

// ReadPublic reads a certificate or CA file, at most 1 MiB. It must be regular, ours or root's, and
// not writable by others. The error is a *FileError.
func ReadPublic(p Path) ([]byte, error) { return p.read(publicRule) }

// ReadAccount reads a file that the kubelet mounts into a pod, at most 1 MiB: as ReadSecret, but one of
// root's may be read by all, since the kubelet writes it so. The error is a *FileError.
func ReadAccount(p Path) ([]byte, error) { return p.read(accountRule) }

func (p Path) read(r rule) ([]byte, error) {
	if p.Full == "" {
		return nil, &FileError{Path: p, Problem: NoHome}
	}
	f, err := open(p.Full)
	if p.Spare != "" && errors.Is(err, fs.ErrNotExist) {
		if g, e := open(p.Spare); e == nil {
			f, err, p.Full = g, nil, p.Spare
		}
	}
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
	if e := judge(st, r, os.Geteuid()); e != nil && !(e.Problem == ForeignOwner && rootOutside(f, st, p.Full) && judgeMode(st, r, true) == nil) {
		e.Path, e.ReadOnly = p, readOnly(f)
		_, e.Namespace = overflowUID()
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

// judge checks a file's mode and owner; nil: the rule accepts them.
func judge(st fs.FileInfo, r rule, self int) *FileError {
	owner, known := ownerOf(st)
	if !known {
		return nil // mode bits and numeric owners mean nothing on this system
	}
	e := judgeMode(st, r, owner == 0)
	if owner != self && owner != 0 {
		e = &FileError{Problem: ForeignOwner, Mode: st.Mode().Perm()}
	}
	if e != nil {
		e.Owner, e.Self = owner, self
	}
	return e
}

// judgeMode is judge for the mode alone. Root's secrets may be read by a group: container platforms
// mount them so.
func judgeMode(st fs.FileInfo, r rule, root bool) *FileError {
	if r == accountRule {
		r = secretRule
		if root {
			r = publicRule
		}
	}
	perm := st.Mode().Perm()
	switch {
	case r == publicRule && perm&0o022 != 0:
		return &FileError{Problem: WritableByOthers, Mode: perm}
	case r == secretRule && root && perm&^0o440 == 0:
		return nil
	case r == secretRule && perm&0o044 != 0:
		return &FileError{Problem: ReadableByOthers, Mode: perm}
	case r == secretRule && perm&0o022 != 0:
		return &FileError{Problem: WritableByOthers, Mode: perm}
	}
	return nil
}

// Places are the folders that a path in the file may be relative to, beside the file's own.
type Places struct {
	Home string // the home directory, for ~/; empty: not known
	// Credentials is systemd's CREDENTIALS_DIRECTORY: a relative key_file or secret_file that isn't
	// beside the configuration is looked for there. Empty: there is none.
	// https://systemd.io/CREDENTIALS/
	Credentials string
}

// A place resolves the paths of one configuration file.
type place struct {
	folder string // the file's own, absolute
	Places
}

// path makes the Path of a key's value. A relative one is relative to the file's folder.
func (pl place) path(written string) Path {
	if rest, ok := belowHome(written); ok {
		if pl.Home == "" {
			return Path{Written: written}
		}
		return Path{Written: written, Full: filepath.Join(pl.Home, rest)}
	}
	if filepath.IsAbs(written) {
		return Path{Written: written, Full: filepath.Clean(written)}
	}
	if written != "" && os.IsPathSeparator(written[0]) { // on Windows, where that is the top of a drive
		return Path{Written: written, Full: filepath.Join(filepath.VolumeName(pl.folder), written)}
	}
	return Path{Written: written, Full: filepath.Join(pl.folder, written)}
}

// belowHome is the rest of a path that begins with ~/, or on Windows with ~\.
func belowHome(path string) (rest string, ok bool) {
	if rest, ok = strings.CutPrefix(path, "~/"); ok {
		return rest, true
	}
	return strings.CutPrefix(path, "~"+string(filepath.Separator))
}

// private is path for a key or a secret, which systemd may have put elsewhere.
func (pl place) private(written string) Path {
	p := pl.path(written)
	if _, below := belowHome(written); pl.Credentials != "" && filepath.IsLocal(written) && !below {
		p.Spare = filepath.Join(pl.Credentials, written)
	}
	return p
}
