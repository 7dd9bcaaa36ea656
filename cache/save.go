package cache

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	mathrand "math/rand/v2"
	"os"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/share"
)

// reserveSize is room for a large successor: two tokens of 128,000 bytes, the refresh token and the
// frame. A sealed one is a third longer (base64).
const reserveSize, sealedSize = 320 << 10, 480 << 10

// room is how much a Dir reserves for a successor in the open, and for a sealed one.
type room struct{ open, sealed int }

// A reserve is KEY.new: the room for a successor, on the disk before anything is spent.
type reserve struct {
	d    *Dir
	path string
	f    *os.File
	fi   fs.FileInfo // of f, for the time when it is closed
	form form        // of the successor; its key is in memory
}

func (d *Dir) newReserve(path string, f *os.File) (*reserve, error) {
	fi, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return &reserve{d: d, path: path, f: f, fi: fi}, nil
}

// reserveRoom makes KEY.new and fills it. The bytes are random because some file systems store zeros, or
// anything that compresses, in no room at all. They are synced because many file systems notice only then
// that they are full. The key of a sealed form is read first.
func (d *Dir) reserveRoom(name string, f form) (*reserve, error) {
	size := d.room.open
	if f.sealed() {
		if _, err := d.keyOf(f); err != nil {
			return nil, err
		}
		size = d.room.sealed
	}
	r, err := d.makeRoom(name, size)
	if r != nil {
		r.form = f
	}
	return r, err
}

func (d *Dir) makeRoom(name string, size int) (*reserve, error) {
	path := d.file(name, ".new")
	f, err := createPrivate(path)
	if errors.Is(err, fs.ErrExist) { // recover left none: another process works under another lock file
		return nil, errLockLost
	}
	if err != nil {
		return nil, &FolderError{Path: d.path, Problem: "can't be written", Full: isFull(err), Err: err}
	}
	r, err := d.newReserve(path, f)
	if err != nil {
		return nil, &FolderError{Path: d.path, Problem: "can't be written", Full: isFull(err), Err: err}
	}
	var seed [32]byte
	_, _ = rand.Read(seed[:]) // never fails
	b := make([]byte, size)
	_, _ = mathrand.NewChaCha8(seed).Read(b) // neither does this
	if _, err = f.Write(b); err == nil {
		err = f.Sync()
	}
	if err != nil {
		r.drop()
		if isFull(err) {
			return nil, &FolderError{Path: d.path, Problem: "has no room for a new token", Full: true, Err: err}
		}
		return nil, &FolderError{Path: d.path, Problem: "can't be written", Full: isFull(err), Err: err}
	}
	return r, nil
}

// ours reports whether the name still leads to the file that we made. Where lstat fails, the open file
// tells whether it still has a name.
func (r *reserve) ours() bool {
	fi, err := os.Lstat(r.path)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return err == nil && os.SameFile(r.fi, fi)
	}
	fi, err = r.f.Stat()
	return err != nil || links(fi) > 0
}

// drop removes the reserved room, unless the name leads to another process' file by now.
func (r *reserve) drop() {
	ours := r.ours()
	_ = r.f.Close() // first: Windows deletes no open file
	if ours {
		_ = share.Remove(r.path)
	}
}

// keepTrying is how long writing a successor is tried again: a file system that is full, or waits for its
// disk, may have room in a moment, and only this process has the token.
const keepTrying = 3 * time.Second

// save makes t the stored token, durably: written over the reserved room, cut to size, synced, renamed,
// the folder synced. While that fails it is tried again, in the same file and in a new one. An error
// means that t may be lost, also if it is on the disk but a sync failed (see onDisk).
func (r *reserve) save(name string, t Token) error {
	if b, err := r.content(name, t); err != nil || len(b) > maxFile { // it couldn't be read again
		r.drop()
		return cmp.Or(err, errors.New("the token is too large"))
	}
	err := r.commit(name, t)
	for begun := time.Now(); err != nil && !onDisk(err) && time.Since(begun) < r.d.waits.save; {
		time.Sleep(50 * time.Millisecond)
		if r.ours() {
			if err = r.commit(name, t); err == nil || onDisk(err) {
				break
			}
		}
		err = r.saveAnew(name, t)
	}
	if err != nil && !onDisk(err) {
		r.drop()
	}
	_ = r.f.Close() // what is synced doesn't depend on it
	return err
}

var (
	errFolderSync = errors.New("the folder could not be synced")
	errFileSync   = errors.New("the new file could not be synced")
	errNotRenamed = errors.New("the new file could not be renamed")
)

// onDisk reports whether the token of a failed commit is on the disk nevertheless, as far as that lasts:
// in its place, or whole in KEY.new, where the next call finds it (see orphan).
func onDisk(err error) bool {
	return errors.Is(err, errNotRenamed) || inPlace(err)
}

// inPlace reports whether KEY.json holds the token although its commit failed: only a power failure can undo that.
func inPlace(err error) bool {
	return errors.Is(err, errFolderSync) || errors.Is(err, errFileSync)
}

func (r *reserve) commit(name string, t Token) error {
	if !r.ours() {
		return fs.ErrNotExist // deleted, or another process' by now
	}
	if t.inode = inode(r.fi); t.copied {
		t.inode = anothers
	}
	record, err := r.content(name, t)
	if err != nil {
		return err
	}
	if r.form.first {
		defer r.d.keepKey(r.form)()
	}
	if _, err := r.f.WriteAt(record, 0); err != nil {
		return err
	}
	return r.publish(name, record, r.d.waits.save)
}

// content is the token file of t.
func (r *reserve) content(name string, t Token) ([]byte, error) {
	return r.d.wrap(name, r.form, encodeToken(t))
}

// publish makes KEY.new, which begins with the record, the token file. No failure here removes the record:
// the refresh token in KEY.json is spent.
func (r *reserve) publish(name string, record []byte, patience time.Duration) error {
	cut := r.cut(record)
	synced := r.f.Sync()
	if synced != nil { // once more, with all of it to be written again
		if _, err := r.f.WriteAt(record, 0); err == nil {
			synced = r.f.Sync()
		}
	}
	if cut != nil {
		return failed(errNotRenamed, cut)
	}
	if !r.ours() { // again: the sync took its time, and another's reserve would be renamed to the token
		return fs.ErrNotExist
	}
	if !modesCount { // Windows renames no open file
		_ = r.f.Close()
	}
	if err := replace(r.path, r.d.file(name, ".json"), patience); err != nil {
		return failed(errNotRenamed, err)
	}
	if synced != nil {
		return failed(errFileSync, synced)
	}
	if err := syncFolder(r.d.path); err != nil {
		return failed(errFolderSync, err)
	}
	return nil
}

// failed says what failed, and why, on one line.
func failed(what, why error) error { return fmt.Errorf("%w: %s", what, plainError(why)) }

// cut removes what follows the record. Where the file can't be truncated, the rest is filled with line
// breaks, which a reader skips.
func (r *reserve) cut(record []byte) error {
	n := int64(len(record))
	err := r.f.Truncate(n)
	if err == nil {
		return nil
	}
	end, failed := r.f.Seek(0, io.SeekEnd)
	if failed != nil {
		return err
	}
	if _, failed := r.f.WriteAt(bytes.Repeat([]byte{'\n'}, int(max(0, end-n))), n); failed != nil {
		return err
	}
	return nil
}

// saveAnew saves to a new file, in a folder that may have to be made again. A KEY.new that is there holds
// no successor: it is ours and could not be written, or, if the lock file was deleted, another process
// reserved it under its own lock, and our intent keeps that process from sending.
func (r *reserve) saveAnew(name string, t Token) error {
	d := r.d
	if err := d.ensure(); err != nil {
		return err
	}
	f, err := createPrivate(r.path)
	for i := 0; i < 10 && errors.Is(err, fs.ErrExist); i++ {
		_ = d.dropOrphan(name) // if it fails, so does the next line
		f, err = createPrivate(r.path)
	}
	if err != nil {
		return err
	}
	again, err := d.newReserve(r.path, f)
	if err != nil {
		return err
	}
	_ = r.f.Close()
	again.form = r.form
	*r = *again
	return r.commit(name, t)
}
