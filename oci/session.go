package oci

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/rsakey"
	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/oci/ident"
)

// A Principal gets a session: it is where a signing key comes from, and its name.
type Principal interface {
	Session(ctx context.Context, m *Machine) (Session, error)
}

// A SessionFile is what `oci session authenticate` left in ~/.oci: a key, and a session token for it.
type SessionFile struct {
	File, Profile string // of the configuration: "~/.oci/config", "work"
	Region        string // "": the profile's
	// Successor is a later session token for the same key, which an earlier call got by Renew; empty:
	// there is none.
	Successor secret.Text
}

// A FileSession is a session with what its files say of it.
type FileSession struct {
	Session
	Token           secret.Text // without ST$
	Issued, Expires time.Time   // by the token; zero: it doesn't say
}

// Session is the session of the files, or its successor, whichever lives longer.
func (p SessionFile) Session(ctx context.Context, m *Machine) (Session, error) {
	f, err := p.Read(ctx, m)
	return f.Session, err
}

// settle is how long the oci CLI takes between writing the key and the token of a new session.
const settle = 50 * time.Millisecond

// errMixed is a pair of files that doesn't belong together.
var errMixed = errors.New("key_file and security_token_file don't belong together")

// Read reads the files. The oci CLI replaces both in place and without a lock, so a pair that doesn't
// fit is read once more after a moment.
func (p SessionFile) Read(ctx context.Context, m *Machine) (FileSession, error) {
	f, err := p.read(m)
	if !errors.Is(err, errMixed) {
		return f, err
	}
	t := time.NewTimer(settle)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
		return FileSession{}, context.Cause(ctx)
	}
	return p.read(m)
}

func (p SessionFile) read(m *Machine) (FileSession, error) {
	s, err := m.section(p.File, p.Profile)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, ident.ErrNoSection):
		return FileSession{}, &SessionError{File: p.File, Profile: p.Profile, Region: p.Region, Missing: "profile"}
	case err != nil:
		return FileSession{}, err
	}
	region, err := regionOf(p.File, p.Region, s)
	if err != nil {
		return FileSession{}, err
	}
	tokenFile, err := s.Need("security_token_file")
	if err != nil {
		return FileSession{}, &SessionError{File: p.File, Profile: p.Profile, Region: region, Missing: "security_token_file"}
	}
	key, err := m.keyFile(p.File, s)
	if err != nil {
		return FileSession{}, err
	}
	raw, err := m.Read(tokenFile, SecretFile)
	if errors.Is(err, fs.ErrNotExist) {
		return FileSession{}, &SessionError{File: p.File, Profile: p.Profile, Region: region, Missing: "security_token_file"}
	}
	if err != nil {
		return FileSession{}, err
	}
	token := string(bytes.TrimSpace(raw))
	_, line := s.Get("security_token_file")
	claims, ok := ident.ReadClaims(token)
	if !ok || !usable(token) {
		return FileSession{}, &FileError{File: p.File, Line: line, Problem: "security_token_file holds no session token"}
	}
	if fits, known := key.fits(claims); known && !fits {
		return FileSession{}, &FileError{File: p.File, Line: line, Problem: errMixed.Error(), Err: errMixed}
	}
	if next, ok := ident.ReadClaims(p.Successor.Reveal()); ok && next.Expires > claims.Expires {
		if fits, known := key.fits(next); fits || !known {
			token, claims = p.Successor.Reveal(), next
		}
	}
	f := FileSession{Session: sessionOf(token, key, region), Token: secret.New(token)}
	if claims.Expires != 0 {
		f.Expires = time.Unix(claims.Expires, 0)
	}
	if claims.Issued != 0 {
		f.Issued = time.Unix(claims.Issued, 0)
	}
	if claims.Expires != 0 && !f.Expires.After(m.Now().Add(m.Skew)) {
		return f, &SessionError{File: p.File, Profile: p.Profile, Region: region, Ended: f.Expires}
	}
	return f, nil
}

// keyFile reads the key of a profile.
func (m *Machine) keyFile(file string, s ident.Section) (Key, error) {
	name, err := s.Need("key_file")
	if err != nil {
		return Key{}, inFile(file, err)
	}
	_, line := s.Get("key_file")
	data, err := m.Read(name, SecretFile)
	if err != nil {
		return Key{}, err
	}
	k, err := rsakey.Parse(data)
	switch {
	case errors.Is(err, rsakey.ErrEncrypted):
		return Key{}, &FileError{File: file, Line: line, Problem: "key_file is encrypted", Err: err}
	case err != nil:
		return Key{}, &FileError{File: file, Line: line, Problem: "key_file " + err.Error(), Err: err}
	}
	return Key{k}, nil
}

// regionOf is the region that was configured, else the profile's.
func regionOf(file, configured string, s ident.Section) (string, error) {
	if configured != "" {
		return configured, nil
	}
	name, err := s.Need("region")
	if err != nil {
		return "", inFile(file, err)
	}
	region, ok := ident.ParseRegion(name)
	if !ok {
		_, line := s.Get("region")
		return "", &FileError{File: file, Line: line, Problem: "region is none"}
	}
	return region, nil
}
