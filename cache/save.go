package cache

import (
	"crypto/rand"
	"errors"
	"io/fs"
	mathrand "math/rand/v2"
	"os"
)

// reserveSize is room for the largest successor: two tokens of 128,000 bytes, the refresh token, and
// what stands around them.
const reserveSize = 320 << 10

// A reserve is KEY.new: the room for a successor, on the disk before anything is spent.
type reserve struct {
	d    *Dir
	path string
	f    *os.File
	fi   fs.FileInfo // of f, for the time when it is closed
}

func (d *Dir) newReserve(path string, f *os.File) (*reserve, error) {
	fi, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return &reserve{d: d, path: path, f: f, fi: fi}, nil
}

// reserveRoom makes KEY.new and fills it. The bytes are random because some file systems store
// zeros, or anything that compresses, in no room at all; synced, because many of them find out that
// they are full only then.
func (d *Dir) reserveRoom(name string) (*reserve, error) {
	path := d.file(name, ".new")
	f, err := createPrivate(path)
	if errors.Is(err, fs.ErrExist) { // recover left none: somebody works under another lock file
		return nil, errLockLost
	}
	if err != nil {
		return nil, &FolderError{Path: d.path, Problem: "can't be written", Err: err}
	}
	r, err := d.newReserve(path, f)
	if err != nil {
		return nil, &FolderError{Path: d.path, Problem: "can't be written", Err: err}
	}
	var seed [32]byte
	_, _ = rand.Read(seed[:]) // never fails
	b := make([]byte, reserveSize)
	_, _ = mathrand.NewChaCha8(seed).Read(b) // neither does this
	if _, err = f.Write(b); err == nil {
		err = f.Sync()
	}
	if err != nil {
		r.drop()
		return nil, &FolderError{Path: d.path, Problem: "has no room for a new token", Err: err}
	}
	return r, nil
}

// ours reports whether the name still leads to the file that we made.
func (r *reserve) ours() bool {
	fi, err := os.Lstat(r.path)
	return err == nil && os.SameFile(r.fi, fi)
}

// drop takes the room away again, and nobody else's.
func (r *reserve) drop() {
	ours := r.ours()
	_ = r.f.Close() // first: Windows deletes no open file
	if ours {
		_ = os.Remove(r.path)
	}
}

// save makes t the stored token, durably: written over the reserved room, cut to size, synced,
// renamed, the folder synced. If that fails it is tried once more with a new file. An error means
// that t may not survive this process; a token that is on the disk though a sync failed is one.
func (r *reserve) save(name string, t Token) error {
	record := seal(encodeToken(t))
	if len(record) > maxFile { // nobody could read it again
		r.drop()
		return errors.New("the token is too large")
	}
	err := r.commit(name, record)
	if err == nil {
		return nil
	}
	if errors.Is(err, errFolderSync) { // renamed already: a second file would change nothing
		return err
	}
	if errors.Is(err, errNotRenamed) && r.ours() { // whole and synced: the next call renames it, see orphan
		return err
	}
	r.drop()
	if again := r.d.saveAnew(name, record); again != nil {
		return errors.Join(err, again)
	}
	return nil
}

var (
	errFolderSync = errors.New("the folder could not be synced")
	errNotRenamed = errors.New("the new file could not be renamed")
)

func (r *reserve) commit(name string, record []byte) error {
	if !r.ours() {
		return fs.ErrNotExist // deleted, or another process' by now
	}
	if _, err := r.f.WriteAt(record, 0); err != nil {
		return err
	}
	if err := r.f.Truncate(int64(len(record))); err != nil {
		return err
	}
	if err := r.f.Sync(); err != nil {
		return err
	}
	if err := r.f.Close(); err != nil { // before the rename: Windows renames no open file
		return err
	}
	if !r.ours() { // again: the sync took its time, and another's reserve would be renamed to the token
		return fs.ErrNotExist
	}
	if err := replace(r.path, r.d.file(name, ".json")); err != nil {
		return errors.Join(errNotRenamed, err)
	}
	if err := syncFolder(r.d.path); err != nil {
		return errors.Join(errFolderSync, err)
	}
	return nil
}

// saveAnew is the second try: a new file, in a folder that may have to be made again. A KEY.new that
// is there then isn't ours: the lock file was deleted, and somebody who holds another one has reserved
// room. Our intent keeps them from sending, so there is no successor in it to lose.
func (d *Dir) saveAnew(name string, record []byte) error {
	if err := d.ensure(); err != nil {
		return err
	}
	f, err := createPrivate(d.file(name, ".new"))
	for i := 0; i < 10 && errors.Is(err, fs.ErrExist); i++ {
		_ = d.dropOrphan(name) // else the next line says so
		f, err = createPrivate(d.file(name, ".new"))
	}
	if err != nil {
		return err
	}
	r, err := d.newReserve(d.file(name, ".new"), f)
	if err != nil {
		return err
	}
	if err := r.commit(name, record); err != nil {
		if !errors.Is(err, errFolderSync) && !errors.Is(err, errNotRenamed) {
			r.drop()
		}
		return err
	}
	return nil
}
