package cache

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// A KeyStore keeps the keys of sealed token files. The cache asks for a key by its id, and for no more.
type KeyStore interface {
	// Key is the key of an id. errNoKey: the store answers and has none. Any other error: it can't be asked
	// now, or not from here.
	Key(id string) ([]byte, error)
	// Keep stores a key under its id.
	Keep(id string, key []byte) error
	// Forget takes a key out. One that isn't there is none.
	Forget(id string) error
}

// errNoKey says that a store answers, and has no such key.
var errNoKey = errors.New("no such key")

// A SealedError says that the stored tokens are sealed and their key can't be had, so nothing was done.
type SealedError struct {
	Store string // "kernel"
	Why   string // "keyctl is not permitted here (a container?)"
	// Lost: the store answers and has no such key. Else it may have it, at another time or from elsewhere.
	Lost bool
	// Writing: it is new tokens that can't be sealed.
	Writing bool
}

func (e *SealedError) Error() string {
	if e.Writing {
		return "the tokens are to be sealed and no key can be had: " + e.Why
	}
	return "the stored tokens are sealed and their key can't be had: " + e.Why
}

// isLost reports that a file is sealed with a key that is gone.
func isLost(err error) bool {
	e, ok := errors.AsType[*SealedError](err)
	return ok && e.Lost && !e.Writing
}

// isSealed reports that a file is sealed and can't be opened now.
func isSealed(err error) bool {
	_, ok := errors.AsType[*SealedError](err)
	return ok
}

// keyOf is the key of a sealed file. It stays in memory: what opened a token file also seals its successor.
func (d *Dir) keyOf(f form) ([]byte, error) {
	if key := d.keys[f.key]; key != nil {
		return key, nil
	}
	store := d.store(f.store)
	switch {
	case store == nil:
		return nil, &SealedError{Store: f.store, Why: "this system has no such store"}
	case d.readOnly:
		return nil, &SealedError{Store: f.store, Why: "they are another user's; run it without sudo"}
	}
	key, err := store.Key(f.key)
	switch {
	case errors.Is(err, errNoKey) && f.boot == d.sys.BootID() && f.ns != d.sys.UserNamespace():
		return nil, &SealedError{Store: f.store, Why: "they were sealed outside of this container"}
	case errors.Is(err, errNoKey):
		return nil, &SealedError{Store: f.store, Why: "the " + f.store + " has no such key any more", Lost: true}
	case err != nil:
		return nil, &SealedError{Store: f.store, Why: err.Error()}
	case len(key) != keySize || keyID(key) != f.key: // somebody else's, under our name
		return nil, &SealedError{Store: f.store, Why: "the " + f.store + " has no such key any more", Lost: true}
	}
	d.remember(f.key, key)
	return key, nil
}

// store is a store by its name, nil if this system has none of that name.
func (d *Dir) store(name string) KeyStore {
	if d.sys.Keys == nil {
		return nil
	}
	return d.sys.Keys(name)
}

func (d *Dir) remember(id string, key []byte) {
	if d.keys == nil {
		d.keys = map[string][]byte{}
	}
	d.keys[id] = key
}

// wrap is a token file's content in a form, whose key is in memory.
func (d *Dir) wrap(name string, f form, record []byte) ([]byte, error) {
	if !f.sealed() {
		return seal(record), nil
	}
	key, err := d.keyOf(f)
	if err != nil {
		return nil, err
	}
	f.boot, f.ns = d.sys.BootID(), d.sys.UserNamespace()
	box, err := f.close(name, key, record)
	if err != nil {
		return nil, err
	}
	return sealAs(boxVersion, box), nil
}

// A sealing is the content of seal.json: with which key new files of the folder are sealed. Each file says for
// itself with which it was.
type sealing struct {
	Store string `json:"store"`
	Key   string `json:"key"`
}

// sealName is the base name of seal.json and its lock. On a network folder each machine has its own.
func (d *Dir) sealName() string {
	if !d.network {
		return "seal"
	}
	machine := d.sys.Machine()
	if machine == "" {
		machine, _ = os.Hostname()
	}
	return "seal-" + string(NewKey("seal", machine))
}

// configured is the form in which a login is to be written, its key in memory: that of seal.json, or a new one
// where there is none or it is gone. The error is a *SealedError, or a *FolderError.
func (d *Dir) configured() (form, error) {
	if d.sys.Seal == "" {
		return form{}, nil
	}
	store := d.store(d.sys.Seal)
	if store == nil {
		return form{}, &SealedError{Store: d.sys.Seal, Writing: true, Why: "this system has no such store"}
	}
	if f, ok := d.sealedWith(); ok {
		return f, nil
	}
	h, err := d.lockSealing()
	if err != nil {
		return form{}, err
	}
	defer h.release()
	if f, ok := d.sealedWith(); ok { // another process was quicker
		return f, nil
	}
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // never fails
	f := form{store: d.sys.Seal, key: keyID(key)}
	unready := func(err error) (form, error) {
		return form{}, &SealedError{Store: f.store, Writing: true, Why: err.Error()}
	}
	if err := store.Keep(f.key, key); err != nil {
		return unready(err)
	}
	if back, err := store.Key(f.key); err != nil {
		return unready(err)
	} else if keyID(back) != f.key {
		return unready(errors.New("the store gives another key back"))
	}
	if err := d.writeSealing(sealing{f.store, f.key}); err != nil {
		_ = store.Forget(f.key)
		return form{}, &FolderError{Path: d.path, Problem: "can't be written", Err: err}
	}
	d.remember(f.key, key)
	return f, nil
}

// sealedWith is the form that seal.json names, if its store has the key.
func (d *Dir) sealedWith() (form, bool) {
	s := d.readSealing()
	f := form{store: s.Store, key: s.Key}
	if f.store != d.sys.Seal {
		return form{}, false
	}
	_, err := d.keyOf(f)
	return f, err == nil
}

// lockSealing waits for those who are making the folder's key at this moment, at most 5 s.
func (d *Dir) lockSealing() (*hold, error) {
	for begun := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		h, err := lockFile(d.file(d.sealName(), ".lock"))
		if !errors.Is(err, errBusy) {
			return h, err
		}
		if time.Since(begun) > waitHard {
			return nil, &BusyError{Waited: waitHard}
		}
	}
}

func (d *Dir) readSealing() (s sealing) {
	b, _, err := d.readPrivate(d.file(d.sealName(), ".json"))
	if err != nil || json.Unmarshal(b, &s) != nil {
		return sealing{}
	}
	return s
}

func (d *Dir) writeSealing(s sealing) error {
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	path := d.file(d.sealName(), ".new")
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) { // a dead process' of before
		return err
	}
	f, err := createPrivate(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(append(b, '\n')); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := replace(path, d.file(d.sealName(), ".json"), brief); err != nil {
		return err
	}
	return syncFolder(d.path)
}

// forgetSealing takes the folder's key out of its store, and seal.json with it, where no sealed file is left.
func (d *Dir) forgetSealing() error {
	s := d.readSealing()
	if s.Store == "" {
		return nil
	}
	h, err := d.lockSealing()
	if err != nil {
		return err
	}
	defer h.release()
	files, err := filepath.Glob(filepath.Join(d.path, "*"))
	if err != nil || slices.ContainsFunc(files, isBox) {
		return err
	}
	if store := d.store(s.Store); store != nil {
		if err := store.Forget(s.Key); err != nil { // it ends with its store
			d.sys.refused("the key is kept", err)
		}
	}
	if err := os.Remove(d.file(d.sealName(), ".json")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &FolderError{Path: d.file(d.sealName(), ".json"), Problem: "can't be deleted", Err: err}
	}
	return nil
}

// isBox reports whether a file is a sealed token file, by how it begins.
func isBox(path string) bool {
	f, err := os.OpenFile(path, os.O_RDONLY|noFollow, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	if fi, err := f.Stat(); err != nil || !fi.Mode().IsRegular() {
		return false
	}
	head := []byte(sealHead + "2,")
	b := make([]byte, len(head))
	_, err = io.ReadFull(f, b)
	return err == nil && bytes.Equal(b, head)
}

// Reseal writes what is stored in the configured form, under the lock and as durably as a refresh does, without
// a request. It reports whether there was anything to write.
func (d *Dir) Reseal(ctx context.Context, key Key) (changed bool, err error) {
	name := d.name(key)
	if !d.anything(name) {
		return false, nil
	}
	if err := d.ensure(); err != nil {
		return false, err
	}
	_, err = d.withLock(ctx, name, func(h *hold) (Result, error) {
		x := &transaction{call: d.call(key, Query{}, Renewal{}), hold: h}
		return x.locked(func() (r Result, err error) {
			changed, err = x.reseal()
			return r, err
		})
	})
	return changed, err
}

func (x *transaction) reseal() (changed bool, err error) {
	damaged, err := x.lookAgain()
	if err := cmp.Or(err, damaged); err != nil || x.old.none() {
		return false, err
	}
	f, err := x.d.configured()
	if err != nil {
		return false, err
	}
	if x.old.form.store == f.store && x.old.form.key == f.key {
		return false, nil
	}
	x.d.sign(x.hold)
	room, err := x.d.reserveRoom(x.name, f)
	if err != nil {
		return false, err
	}
	// Under another lock file somebody may be about to replace what was read. As in beforeSend, one of the two
	// finds the other.
	guard, err := x.d.guardState(x.name)
	if err != nil || !x.hold.same() || !x.d.readState(x.name).same(x.seen) {
		guard.release()
		room.drop()
		return false, errLockLost
	}
	defer guard.release()
	t := x.old
	t.predecessor = digest(t.Refresh) // so that a kill before the rename is mended like any other
	if err := room.save(x.name, t); err != nil && !inPlace(err) {
		return false, &FolderError{Path: x.d.path, Problem: "can't be written", Err: err}
	}
	return true, nil
}
