package newprofile

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/internal/config"
)

// lockWait is how long another init or target may take.
const lockWait = 10 * time.Second

// Update replaces the configuration at path by what change makes of it, if package config accepts that. The file and
// its folder are made if there are none; a link stays a link, even if its target doesn't exist yet. A lock beside the
// file lets one process at a time in, so that each sees what the others wrote.
//
// The error is one of config.Load about the text as it would be, change's own, one of package edit, or
// the system's. Then nothing has changed.
func Update(path, home string, change func(old []byte) ([]byte, error)) (*config.File, error) {
	place, err := edit.Follow(path)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(place), 0o700); err != nil {
		return nil, err
	}
	unlock, err := edit.WaitLock(place+".lock", lockWait)
	if err != nil {
		return nil, err
	}
	defer unlock()
	old, err := edit.Read(path)
	if err != nil {
		return nil, err
	}
	text, err := change(old)
	if err != nil {
		return nil, err
	}
	if old != nil && bytes.Equal(text, old) {
		return config.Load(path, home)
	}
	if err := try(path, place, home, text); err != nil {
		return nil, err
	}
	if err := (edit.Change{Path: path, Before: old, After: text, Mode: 0o600}).Apply(); err != nil {
		return nil, err
	}
	return config.Load(path, home)
}

// try reads the text as a configuration, from a new folder beside the real one.
func try(path, place, home string, text []byte) error {
	folder, err := os.MkdirTemp(filepath.Dir(place), ".init-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	made := filepath.Join(folder, filepath.Base(path))
	if err := write(made, text); err != nil {
		return err
	}
	_, err = config.Load(made, home)
	if mistake, ok := errors.AsType[*config.Error](err); ok {
		mistake.File = path // the file that was read is deleted
	}
	return err
}
