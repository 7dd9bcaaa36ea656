package newprofile

import (
	"bytes"
	"errors"
	"fmt"
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

// Add puts the profile behind what the configuration at path has; see Update. home is for config.Load.
// The new file has mode 0600. The error may be an *ExistsError.
func (p Profile) Add(path, home string) (*config.Profile, error) {
	if _, err := config.Load(path, home); err != nil {
		return nil, err
	}
	after, err := Update(path, home, func(old []byte) ([]byte, error) {
		// Read again: another init may have written it meanwhile.
		before, err := config.Load(path, home)
		if err != nil {
			return nil, err
		}
		if _, err := before.Profile(p.Name); err == nil {
			return nil, &ExistsError{p.Name, path}
		}
		text := bytes.Clone(old)
		if len(text) > 0 && text[len(text)-1] != '\n' {
			text = append(text, '\n')
		}
		if len(text) > 0 {
			text = append(text, '\n')
		}
		return append(text, p.TOML()...), nil
	})
	if err != nil {
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
