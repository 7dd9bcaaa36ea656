package newprofile

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// An ExistsError says that there is a profile of that name already.
type ExistsError struct{ Name, Path string }

func (e *ExistsError) Error() string {
	return fmt.Sprintf("there is a profile %q in %s already", e.Name, e.Path)
}

// errChanged says that somebody else wrote the file meanwhile.
var errChanged = errors.New("the configuration was changed meanwhile; nothing was written")

// Add puts the profile behind what the configuration at path has; the file and its folder are made if
// there are none. home is for config.Load. The new file has mode 0600 and replaces the old one by
// rename, through a link if path is one.
//
// The error is an *ExistsError, one of config.Load about the file as it is or as it would be, or the
// system's. Then nothing has changed.
func (p Profile) Add(path, home string) (*config.Profile, error) {
	before, err := config.Load(path, home)
	if err != nil {
		return nil, err
	}
	if _, err := before.Profile(p.Name); err == nil {
		return nil, &ExistsError{p.Name, path}
	}
	place := path
	if !before.Missing {
		if place, err = filepath.EvalSymlinks(path); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(filepath.Dir(place), 0o700); err != nil {
		return nil, err
	}
	old, err := os.ReadFile(place)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	text := bytes.Clone(old)
	if len(text) > 0 && text[len(text)-1] != '\n' {
		text = append(text, '\n')
	}
	if len(text) > 0 {
		text = append(text, '\n')
	}
	text = append(text, p.TOML()...)

	// In a folder of its own it has the name that messages shall have, and nobody reads it yet.
	folder, err := os.MkdirTemp(filepath.Dir(place), ".init-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	made := filepath.Join(folder, filepath.Base(path))
	if err := write(made, text); err != nil {
		return nil, err
	}
	after, err := config.Load(made, home)
	if err != nil {
		return nil, err
	}
	if _, err := after.Profile(p.Name); err != nil {
		return nil, err
	}
	if now, err := os.ReadFile(place); !bytes.Equal(now, old) || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, errChanged
	}
	if err := os.Rename(made, place); err != nil {
		return nil, err
	}
	if after, err = config.Load(path, home); err != nil {
		return nil, err
	}
	return after.Profile(p.Name)
}

// WriteSecret makes a file that only its owner can read. One that is there already is an error, and
// stays.
func WriteSecret(path string, s secret.Text) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return write(path, []byte(s.Reveal()+"\n"))
}

// write makes a file that is on the disk when it returns.
func write(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
