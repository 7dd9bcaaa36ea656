package cache

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/share"
)

// A sealing is the content of seal.json: the key with which new files of the folder are sealed. Each file records
// the key that it was sealed with itself.
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
	if f, err := d.sealedWith(); err == nil || !isLost(err) {
		f.first = true
		return f, writing(err)
	}
	if err := d.Sealing(); err != nil { // before a lock is taken, for which others would wait while a dialog is shown
		return form{}, err
	}
	h, err := d.lockSealing(waitHard)
	if err != nil {
		return form{}, err
	}
	defer h.release()
	if f, err := d.sealedWith(); err == nil || !isLost(err) { // another process was quicker
		f.first = true
		return f, writing(err)
	}
	return d.makeKey()
}

// next is the form in which a login would be written now; in the open where its key has yet to be made.
func (d *Dir) next() form {
	if s := d.readSealing(); s.Store == d.sys.Seal {
		return form{store: s.Store, key: s.Key}
	}
	return form{}
}

// writing is an error of sealedWith for who is about to write.
func writing(err error) error {
	if e, ok := errors.AsType[*SealedError](err); ok {
		return &SealedError{Store: e.Store, Why: e.Why, Writing: true}
	}
	return err
}

// sealedWith is the form that seal.json names, its key in memory. The error is a *SealedError: lost, where
// another key is to be made.
func (d *Dir) sealedWith() (form, error) {
	s := d.readSealing()
	f := form{store: s.Store, key: s.Key}
	switch {
	case d.store(d.sys.Seal) == nil:
		return form{}, &SealedError{Store: d.sys.Seal, Why: "this system has no such store"}
	case f.store != d.sys.Seal:
		return form{}, &SealedError{Store: d.sys.Seal, Why: "there is no key yet", Lost: true}
	}
	f.boot, f.ns = d.sys.BootID(), d.sys.UserNamespace() // a key that isn't here is made anew, wherever it was made
	if _, err := d.keyOf(f); err != nil {
		return form{}, err
	}
	return f, nil
}

// Sealing is why a login couldn't be sealed as configured, or nil. Nothing is made for that.
func (d *Dir) Sealing() error {
	if d.sys.Seal == "" {
		return nil
	}
	_, err := d.sealedWith()
	if !isLost(err) {
		return writing(err)
	}
	if err := d.store(d.sys.Seal).Ready(); err != nil {
		return &SealedError{Store: d.sys.Seal, Why: err.Error(), Writing: true}
	}
	return nil
}

// Unlock reads the encryption key of the files of key, from a store that may ask a person to unlock it. No lock is
// held meanwhile. The error is a *SealedError.
func (d *Dir) Unlock(key Key) error {
	if _, err := d.read(d.name(key)); isSealed(err) {
		return err
	}
	return nil
}

// MakeKey makes the key for new tokens where it isn't there yet, in a store that may ask a person. The error is a
// *SealedError, or a *FolderError.
func (d *Dir) MakeKey() error {
	if d.sys.Seal == "" {
		return nil
	}
	if err := d.ensure(); err != nil {
		return err
	}
	_, err := d.configured()
	return err
}

// Lock removes the kernel's copies of the folder's encryption keys.
func (d *Dir) Lock() error {
	if !d.found || d.readOnly {
		return nil
	}
	forms, err := d.formsOf("")
	if err != nil {
		return err
	}
	s := d.readSealing()
	for _, f := range append(forms, form{store: s.Store, key: s.Key}) {
		c, ok := d.store(f.store).(copied)
		if !ok {
			continue
		}
		failed := c.copy.Forget(f.key)
		if _, there := c.copy.Key(f.key); there == nil { // where keyctl is denied there is no copy
			err = errors.Join(err, failed)
		}
	}
	return err
}

// formOf is how a sealed token file is written, without opening it.
func (d *Dir) formOf(path string) (form, bool) {
	if !isBox(path) {
		return form{}, false
	}
	b, _, err := d.readPrivate(path)
	if err != nil {
		return form{}, false
	}
	_, record, _, err := unframeAny(b)
	if err != nil {
		return form{}, false
	}
	f, _, err := takeApart(record)
	return f, err == nil
}

// lockSealing waits for those who are making the folder's key at this moment.
func (d *Dir) lockSealing(wait time.Duration) (*hold, error) {
	for begun := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		h, err := lockFile(d.file(d.sealName(), ".lock"))
		if !errors.Is(err, errBusy) {
			return h, err
		}
		if time.Since(begun) > wait {
			return nil, &BusyError{Waited: wait}
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
	if err := share.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) { // a dead process' of before
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

// formsOf are the forms of the sealed files whose names begin so.
func (d *Dir) formsOf(begin string) (forms []form, err error) {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return nil, &FolderError{Path: d.path, Problem: "can't be read", Err: err}
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), begin) {
			continue
		}
		if f, ok := d.formOf(filepath.Join(d.path, e.Name())); ok {
			forms = append(forms, f)
		}
	}
	return forms, nil
}

// isBox reports whether a file is a sealed token file, by how it begins.
func isBox(path string) bool {
	f, err := openShared(path)
	if err != nil {
		return false
	}
	defer f.Close()
	if fi, err := f.Stat(); err != nil || !fi.Mode().IsRegular() {
		return false
	}
	head := []byte(frameHead + "2,")
	b := make([]byte, len(head))
	_, err = io.ReadFull(f, b)
	return err == nil && bytes.Equal(b, head)
}
