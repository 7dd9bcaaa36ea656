package cache

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// eachForm runs a test with token files as they are written in each way: in the open, sealed by a key that the
// kernel has, and by one of the keyring with its copy in the kernel.
func eachForm(t *testing.T, test func(t *testing.T, seal string)) {
	for _, seal := range []string{"", "kernel", "keyring"} {
		name := seal
		if seal == "" {
			name = "open"
		}
		t.Run(name, func(t *testing.T) { test(t, seal) })
	}
}

// folderOf is a cache folder whose token files are written that way.
func folderOf(t *testing.T, seal string) *Dir {
	t.Helper()
	dir := folder(t)
	if seal == "" {
		return dir
	}
	key := bytes.Repeat([]byte{7}, keySize)
	dir.sys.Seal, dir.sys.Keys = seal, shelvesOf(dir.path)
	err := os.MkdirAll(filepath.Join(dir.path+".keys", "store"), 0o700)
	if err == nil {
		err = dir.sys.Keys(seal).Keep(keyID(key), key)
	}
	if err == nil {
		err = dir.writeSealing(sealing{seal, keyID(key)})
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// form is how the folder's token files are written.
func (d *Dir) form() form {
	if d.sys.Seal == "" {
		return form{}
	}
	return form{store: d.sys.Seal, key: d.readSealing().Key}
}

// whole is a token file's content in the folder's form.
func (d *Dir) whole(t *testing.T, tok Token) []byte {
	t.Helper()
	b, err := d.wrap(d.name(testKey), d.form(), encodeToken(tok))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// shelvesOf are the stores of a folder's keys that all processes of a test have, wherever they run: a folder beside
// it. Nil: it has none.
func shelvesOf(path string) func(string) KeyStore {
	dir := path + ".keys"
	return func(name string) KeyStore {
		switch name {
		case "kernel":
			return fileShelf(dir)
		case "keyring":
			return copied{fileShelf(dir), fileShelf(filepath.Join(dir, "store"))}
		}
		return nil
	}
}

// A fileShelf is a store of keys in a folder.
type fileShelf string

func (s fileShelf) Key(id string) ([]byte, error) {
	b, err := os.ReadFile(filepath.Join(string(s), id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoKey
	}
	return b, err
}

func (s fileShelf) Keep(id string, key []byte) error {
	return os.WriteFile(filepath.Join(string(s), id), key, 0o600)
}

func (s fileShelf) Ready() error { return nil }

func (s fileShelf) Forget(id string) error {
	err := os.Remove(filepath.Join(string(s), id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
