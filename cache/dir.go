package cache

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// A Dir is the folder of the token files. Any number of processes may use one folder at a time. A Dir
// remembers only what Open saw of the folder, and the keys of sealed files, so a process opens one for each
// call. It is not safe for use by several goroutines.
type Dir struct {
	path string
	sys  System

	readOnly bool // root serving another user's folder: nothing is written
	owner    int  // whose folder that is
	network  bool // shared with other machines, perhaps
	found    bool // the folder exists

	waits waits
	room  room
	keys  []knownKey // of sealed files that were read or written
}

// A Key names the files of one identity's tokens: 32 hex digits, from NewKey. Its parts are what makes it
// another identity when it changes, and can't be read from it.
type Key string

// NewKey is the first half of the SHA-256 of the parts, each with its length, in hex.
func NewKey(parts ...string) Key {
	h := sha256.New()
	for _, p := range parts {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	return Key(hex.EncodeToString(h.Sum(nil)[:16]))
}

// Open looks at the folder, which need not exist yet. It refuses one that another user could change.
// path is absolute. The error is a *FolderError.
func Open(path string, sys System) (*Dir, error) {
	d := &Dir{path: filepath.Clean(path), sys: sys, waits: waits{hard: waitHard, expired: waitExpired, save: keepTrying, free: waitFree}, room: room{reserveSize, sealedSize}}
	if err := d.look(); err != nil {
		return nil, err
	}
	return d, nil
}

func (d *Dir) look() error {
	fi, err := os.Lstat(d.path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) { // in a home that isn't ours
		return nil
	}
	if err != nil {
		return &FolderError{Path: d.path, Problem: "can't be used", Err: err}
	}
	if err := d.checkParent(); err != nil {
		return err
	}
	if fi.Mode()&fs.ModeSymlink != 0 {
		if o := owner(fi); modesCount && o != 0 && o != d.sys.UID {
			return &FolderError{Path: d.path, Problem: "is a link that belongs to another user"}
		}
		if fi, err = os.Stat(d.path); err != nil {
			return &FolderError{Path: d.path, Problem: "can't be used", Err: err}
		}
	}
	if !fi.IsDir() {
		return &FolderError{Path: d.path, Problem: "is no folder"}
	}
	if modesCount {
		switch o := owner(fi); {
		case o == d.sys.UID:
		case d.sys.UID == 0: // sudo: answer from it, and leave everything as it is
			d.readOnly, d.owner = true, o
		default:
			return &FolderError{Path: d.path, Problem: "belongs to another user"}
		}
		if fi.Mode().Perm()&0o022 != 0 {
			return &FolderError{Path: d.path, Problem: "can be changed by others (mode " + octal(fi.Mode()) + ")", Mode: 0o700}
		}
	}
	d.found = true
	d.network = d.sys.NetworkFS(d.path)
	return nil
}

// checkParent refuses a folder whose parent is another user's link.
func (d *Dir) checkParent() error {
	if !modesCount {
		return nil
	}
	parent := filepath.Dir(d.path)
	fi, err := os.Lstat(parent)
	if err == nil && fi.Mode()&fs.ModeSymlink != 0 {
		if o := owner(fi); o != 0 && o != d.sys.UID {
			return &FolderError{Path: parent, Problem: "is a link that belongs to another user"}
		}
		_, err = os.Stat(parent)
	}
	if err != nil {
		return &FolderError{Path: parent, Problem: "can't be used", Err: err}
	}
	return nil
}

// Surroundings returns a *FolderError if others can put another folder in the place of this one, as in
// Kubernetes' emptyDir, which has mode 0777 without the sticky bit; else nil. It is only a warning: the
// folder itself is checked to be ours and closed to others.
func (d *Dir) Surroundings() error {
	parent := filepath.Dir(d.path)
	fi, err := os.Stat(parent)
	if err != nil || !modesCount || fi.Mode().Perm()&0o002 == 0 || fi.Mode()&fs.ModeSticky != 0 {
		return nil
	}
	e := &FolderError{Path: parent, Problem: "can be changed by others (mode " + octal(fi.Mode()) + ")"}
	if o := owner(fi); o == d.sys.UID || d.sys.UID == 0 { // else this user can't change it
		e.Mode = fi.Mode().Perm() &^ 0o022
	}
	return e
}

// octal is a mode as chmod takes it.
func octal(m fs.FileMode) string {
	const digits = "01234567"
	p := m.Perm()
	special := 0
	if m&fs.ModeSticky != 0 {
		special |= 1
	}
	if m&fs.ModeSetgid != 0 {
		special |= 2
	}
	if m&fs.ModeSetuid != 0 {
		special |= 4
	}
	return string([]byte{digits[special], digits[p>>6&7], digits[p>>3&7], digits[p&7]})
}

// name is the base name of a key's files. On a network folder each machine has files of its own:
// the locks of the other ones may not be seen there, and two machines that share a refresh token
// lose it.
func (d *Dir) name(key Key) string {
	if !d.network {
		return string(key)
	}
	machine := d.sys.Machine()
	if machine == "" {
		machine, _ = os.Hostname()
	}
	return string(NewKey(string(key), machine))
}

func (d *Dir) file(name, suffix string) string { return filepath.Join(d.path, name+suffix) }

// cacheTag keeps the folder out of backups that respect https://bford.info/cachedir/.
const cacheTag = "Signature: 8a477f597d28d172789f06886806bc55\n" +
	"# This file is a cache directory tag created by credential-idcs.\n"

// CanStore checks whether the folder could be made or written, and does neither. The error is a
// *FolderError.
func (d *Dir) CanStore() error {
	problem := "can't be written"
	for path := d.path; ; path = filepath.Dir(path) {
		err := writableFolder(path)
		if err == nil {
			return nil
		}
		if !errors.Is(err, fs.ErrNotExist) || path == filepath.Dir(path) {
			return &FolderError{Path: d.path, Problem: problem, Absent: path != d.path || readOnlyFS(err), Err: err}
		}
		problem = "can't be made"
	}
}

// ensure makes the folder and what is missing above it, closed to others whatever the umask is.
func (d *Dir) ensure() error {
	if d.readOnly {
		return &FolderError{Path: d.path, Problem: "belongs to another user"}
	}
	if err := makeFolders(d.path); err != nil {
		return &FolderError{Path: d.path, Problem: "can't be made", Absent: errors.Is(err, fs.ErrPermission) || readOnlyFS(err), Full: isFull(err), Err: err}
	}
	if err := d.look(); err != nil {
		return err
	}
	if d.readOnly {
		return &FolderError{Path: d.path, Problem: "belongs to another user"}
	}
	tag := filepath.Join(d.path, "CACHEDIR.TAG")
	f, err := createPrivate(tag)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return &FolderError{Path: d.path, Problem: "can't be written", Absent: readOnlyFS(err), Full: isFull(err), Err: err}
	}
	defer f.Close()
	if _, err := f.WriteString(cacheTag); err != nil {
		return &FolderError{Path: d.path, Problem: "can't be written", Full: isFull(err), Err: err}
	}
	return nil
}

// readOnlyFS reports a file system on which nobody can write.
func readOnlyFS(err error) bool { return errors.Is(err, syscall.EROFS) }

// makeFolders is os.MkdirAll with modes that no umask changes.
func makeFolders(path string) error {
	if _, err := os.Stat(path); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if parent := filepath.Dir(path); parent != path {
		if err := makeFolders(parent); err != nil {
			return err
		}
	}
	var err error
	private(func() { err = os.Mkdir(path, 0o700) })
	if errors.Is(err, fs.ErrExist) { // another process was quicker
		return nil
	}
	return err
}
