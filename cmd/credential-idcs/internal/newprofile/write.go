package newprofile

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// An ExistsError says that there is a profile of that name already.
type ExistsError struct{ Name, Path string }

func (e *ExistsError) Error() string {
	return fmt.Sprintf("there is a profile %q in %s already", e.Name, e.Path)
}

// Add appends the profile to the configuration at path; see Update. home is for config.Load. A new file has mode
// 0600. The error may be an *ExistsError.
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
		return p.behind(old), nil
	})
	if err != nil {
		return nil, err
	}
	return after.Profile(p.Name)
}

// behind is a configuration with the profile at its end.
func (p Profile) behind(old []byte) []byte {
	text, end := bytes.Clone(old), edit.Ending(old)
	if len(text) > 0 && text[len(text)-1] != '\n' {
		text = append(text, end...)
	}
	if len(text) > 0 {
		text = append(text, end...)
	}
	return append(text, strings.ReplaceAll(p.TOML(), "\n", end)...)
}

// Check returns why a profile can't be appended to the configuration at path, before all its fields are known: an
// empty field counts as right. The error is a *config.Error whose Reason begins with the key, or the system's.
func (p Profile) Check(path, home string) error {
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return config.Check(path, p.filled().behind(old), config.Places{Home: home})
}

// filled is the profile with an accepted value in each required field that is still empty.
func (p Profile) filled() Profile {
	fill := func(field *string, with string) {
		if *field == "" {
			*field = with
		}
	}
	fill(&p.Name, "new")
	if p.Login == config.OCILogin {
		return p
	}
	fill(&p.Domain, "https://domain.example.com")
	fill(&p.ClientID, "client")
	fill(&p.Login, config.Device)
	fill(&p.Scope, "openid")
	if p.KeyID+p.CertFile != "" && p.SecretFile+p.SecretEnv == "" {
		fill(&p.KeyFile, "key.pem")
	}
	switch p.Login {
	case config.Browser:
		fill(&p.RedirectURL, "http://127.0.0.1:8976/callback")
	case config.Assertion:
		fill(&p.Subject, "user")
		fill(&p.KeyFile, "key.pem")
	case config.Password:
		fill(&p.Username, "user")
	}
	if l := config.LoginNamed(p.Login); l != nil && l.Confidential && p.KeyFile+p.SecretFile == "" {
		fill(&p.SecretEnv, "SECRET")
	}
	if p.KeyFile != "" && p.CertFile == "" {
		fill(&p.KeyID, "alias")
	}
	return p
}

// WriteSecret makes a file that only its owner can read. A file that exists already is an error, and stays.
func WriteSecret(path string, s secret.Text) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return write(path, []byte(s.Reveal()+"\n"))
}

// write makes a new file with mode 0600, and returns when it is on the disk.
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
