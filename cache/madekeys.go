package cache

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/share"
)

// The keys that were made for the folder and may still be in their stores are listed in the lock file of seal.json,
// a line each: its store and its id. A key is there from before it is stored until it is deleted, so what a killed
// process left is found by the next one that deletes keys. Who changes the list holds the lock.

// makeKey makes the key for new files, under the lock of seal.json.
func (d *Dir) makeKey() (form, error) {
	store := d.store(d.sys.Seal)
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // never fails
	f := form{store: d.sys.Seal, key: keyID(key), first: true}
	unready := func(err error) (form, error) {
		return form{}, &SealedError{Store: f.store, Writing: true, Why: err.Error()}
	}
	before := d.readSealing()
	if err := d.listKeys(f, form{store: before.Store, key: before.Key}); err != nil {
		return form{}, err
	}
	err := store.Keep(f.key, key)
	if err == nil {
		err = givesBack(store, f.key)
	}
	if err != nil {
		d.unmake(f)
		return unready(err)
	}
	if err := d.writeSealing(sealing{f.store, f.key}); err != nil {
		d.unmake(f)
		return form{}, &FolderError{Path: d.path, Problem: "can't be written", Err: err}
	}
	d.remember(f.key, key)
	return f, nil
}

var errOtherKey = errors.New("the store gives another key back")

// givesBack looks whether a store has what was put into it.
func givesBack(store KeyStore, id string) error {
	back, err := store.Key(id)
	if err == nil && !IsKey(id, back) {
		err = errOtherKey
	}
	return err
}

// unmake deletes a key that nothing is sealed with yet. Where that fails it stays listed.
func (d *Dir) unmake(f form) {
	if d.store(f.store).Forget(f.key) == nil {
		_ = d.writeList(slices.DeleteFunc(d.madeKeys(), f.sameKey))
	}
}

// madeKeys are the listed keys.
func (d *Dir) madeKeys() (made []form) {
	b, _, err := d.readPrivate(d.file(d.sealName(), ".lock"))
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(b)) {
		store, id, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if digits, err := hex.DecodeString(id); err == nil && len(digits) == 16 && d.store(store) != nil {
			made = append(made, form{store: store, key: id})
		}
	}
	return made
}

// listKeys adds keys to the list.
func (d *Dir) listKeys(keys ...form) error {
	made := d.madeKeys()
	for _, f := range keys {
		if f.sealed() && !slices.ContainsFunc(made, f.sameKey) {
			made = append(made, f)
		}
	}
	return d.writeList(made)
}

// writeList writes the list in place, since its file is the lock. What is torn by a power failure is no line.
func (d *Dir) writeList(made []form) error {
	path := d.file(d.sealName(), ".lock")
	fails := func(err error) error {
		return &FolderError{Path: path, Problem: "can't be written", Full: isFull(err), Err: err}
	}
	f, err := os.OpenFile(path, os.O_WRONLY|noFollow, 0)
	if err != nil {
		return fails(err)
	}
	defer f.Close()
	var b strings.Builder
	for _, k := range made {
		b.WriteString(k.store + " " + k.key + "\n")
	}
	if _, err := f.WriteAt([]byte(b.String()), 0); err != nil {
		return fails(err)
	}
	if err := f.Truncate(int64(b.Len())); err != nil {
		return fails(err)
	}
	if err := f.Sync(); err != nil {
		return fails(err)
	}
	return nil
}

// sameKey reports that two files are sealed with one key.
func (f form) sameKey(o form) bool { return f.store == o.store && f.key == o.key }

// keepKey is for a file that is about to be written with a key that no other file may have: who logged out of the
// last one, or wrote it in another form, has deleted the key. Then it is stored once more. Until done no key is deleted.
func (d *Dir) keepKey(f form) (done func()) {
	done = func() {}
	if h, err := d.lockSealing(time.Second); err == nil {
		done = h.release
	}
	store := d.store(f.store)
	if _, err := store.Key(f.key); !errors.Is(err, ErrNoKey) {
		return done
	}
	for _, k := range d.keys {
		if k.id != f.key {
			continue
		}
		err := d.listKeys(f)
		if err == nil {
			err = store.Keep(k.id, k.key)
		}
		if err == nil && d.readSealing().Store == "" {
			err = d.writeSealing(sealing{f.store, f.key})
		}
		d.sys.saved("key", err)
		break
	}
	return done
}

// forgetKeys deletes those of these keys, of the listed ones and that of seal.json that no sealed file of the folder
// needs, but for spare, and seal.json with its key. A key that can't be deleted now stays listed.
func (d *Dir) forgetKeys(spare form, forms ...form) error {
	if !slices.ContainsFunc(d.candidates(forms), func(f form) bool { return !f.sameKey(spare) }) {
		return nil
	}
	h, err := d.lockSealing(waitHard)
	if err != nil {
		return err
	}
	defer h.release()
	used, err := d.formsOf("")
	if err != nil {
		return err
	}
	s := d.readSealing()
	var left []form
	for _, f := range d.candidates(forms) {
		if f.sameKey(spare) || slices.ContainsFunc(used, f.sameKey) {
			left = append(left, f)
			continue
		}
		if err := d.forget(f); err != nil {
			d.sys.refused("the key is kept", err)
			left = append(left, f)
		}
		if !f.sameKey(form{store: s.Store, key: s.Key}) {
			continue
		}
		if err := share.Remove(d.file(d.sealName(), ".json")); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return &FolderError{Path: d.file(d.sealName(), ".json"), Problem: "can't be deleted", Err: err}
		}
	}
	return d.writeList(left)
}

var errElsewhere = errors.New("the kernel has it outside of this container")

// forget deletes a key from its store.
func (d *Dir) forget(f form) error {
	if f.store == "kernel" && f.ns != "" && f.boot == d.sys.BootID() && f.ns != d.sys.UserNamespace() {
		return errElsewhere
	}
	return d.store(f.store).Forget(f.key)
}

// candidates are the keys that may be deleted, each once.
func (d *Dir) candidates(forms []form) (all []form) {
	s := d.readSealing()
	for _, f := range slices.Concat(forms, d.madeKeys(), []form{{store: s.Store, key: s.Key}}) {
		if d.store(f.store) != nil && !slices.ContainsFunc(all, f.sameKey) {
			all = append(all, f)
		}
	}
	return all
}

// rewritten deletes the key of a form that was just left for another one, and what else nobody needs.
func (d *Dir) rewritten(before, after form) {
	if err := d.forgetKeys(after, before); err != nil {
		d.sys.refused("a key is kept", err)
	}
}
