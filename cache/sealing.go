package cache

import (
	"bytes"
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
