package oci

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/rsakey"
	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/oci/ident"
)

// A Principal is whom requests are signed as. Session gets its key, and the name under which Oracle knows the key.
type Principal interface {
	Session(ctx context.Context, m *Machine) (Session, error)
}

// A SessionFile is what `oci session authenticate` wrote into ~/.oci: a key, and a session token for it.
type SessionFile struct {
	File, Profile string // of the configuration: "~/.oci/config", "work"
	Region        string // "": the profile's
	// Successor is a later session token for the same key, which Renew got; empty: there is none.
	Successor secret.Text
}

// A FileSession is the session of a SessionFile.
type FileSession struct {
	Session
	Token           secret.Text // without ST$
	Subject         string      // the token's sub, usually a user's OCID; "": it has none
	Issued, Expires time.Time   // the token's iat and exp; zero: it has none
}

// Session is the session of the files, or its successor, whichever lives longer.
func (p SessionFile) Session(ctx context.Context, m *Machine) (Session, error) {
	f, err := p.Read(ctx, m)
	if err != nil {
		return Session{}, err
	}
	return f.Session, nil
}

// settle is how long the oci CLI takes between writing the key and the token of a new session.
const settle = 50 * time.Millisecond

// Read reads the files. The oci CLI writes both in place and without a lock, so half a file, or a key and a token that
// don't belong together, are read once more after settle. Its errors are a *SessionError, after which a person has to log
// in with oci, a *FileError, or Machine.Read's. A session that has ended is returned with its error.
func (p SessionFile) Read(ctx context.Context, m *Machine) (*FileSession, error) {
	f, err := p.read(m)
	if e, ok := errors.AsType[*FileError](err); !ok || !e.torn {
		return f, err
	}
	t := time.NewTimer(settle)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	return p.read(m)
}

func (p SessionFile) read(m *Machine) (*FileSession, error) {
	none := &SessionError{File: p.File, Profile: p.Profile, Region: p.Region, Missing: "profile"}
	s, err := m.section(p.File, p.Profile)
	switch {
	case absent(err):
		return nil, none
	case err != nil:
		return nil, err
	}
	if none.Region, err = regionOf(p.File, p.Region, s); err != nil {
		return nil, err
	}
	for _, name := range []string{"tenancy", "fingerprint"} { // by which others' tokens are told apart
		if _, err := s.Need(name); err != nil {
			return nil, inFile(p.File, err)
		}
	}
	none.Missing = "security_token_file"
	if _, err := s.Need(none.Missing); err != nil {
		return nil, none
	}
	key, err := m.keyFile(p.File, s, none)
	if err != nil {
		return nil, err
	}
	raw, line, err := m.named(p.File, s, none.Missing)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, none
	}
	if err != nil {
		return nil, err
	}
	token := string(bytes.TrimSpace(raw))
	torn := &FileError{File: p.File, Line: line, Problem: "security_token_file holds no session token", Again: none, torn: true}
	claims, ok := claimsOf(token)
	if !ok {
		return nil, torn
	}
	if fits, known := key.fits(claims); known && !fits {
		torn.Problem = "key_file and security_token_file don't belong together"
		return nil, torn
	}
	if next, ok := claimsOf(p.Successor.Reveal()); ok && next.Expires > claims.Expires {
		if fits, known := key.fits(next); fits || !known {
			token, claims = p.Successor.Reveal(), next
		}
	}
	f := &FileSession{Session: sessionOf(token, key, none.Region), Token: secret.New(token), Subject: claims.Subject}
	if claims.Expires != 0 {
		f.Expires = time.Unix(claims.Expires, 0)
	}
	if claims.Issued != 0 {
		f.Issued = time.Unix(claims.Issued, 0)
	}
	if claims.Expires != 0 && !f.Expires.After(m.Now().Add(m.Skew)) {
		none.Missing, none.Ended = "", f.Expires
		return f, none
	}
	return f, nil
}

// absent reports whether there is no such profile, or not even the file.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, ident.ErrNoSection)
}

// keyFile reads the key of a profile. again is the session that it belongs to, if any.
func (m *Machine) keyFile(file string, s ident.Section, again *SessionError) (Key, error) {
	data, line, err := m.named(file, s, "key_file")
	if again != nil && errors.Is(err, fs.ErrNotExist) {
		again.Missing = "key_file"
		return Key{}, again
	}
	if err != nil {
		return Key{}, err
	}
	k, err := rsakey.Parse(data)
	if err == nil {
		return Key{k}, nil
	}
	e := &FileError{File: file, Line: line, Problem: "key_file " + unusable(err), Err: err, Again: again, torn: true}
	if errors.Is(err, rsakey.ErrEncrypted) {
		e.Problem, e.torn = "key_file is encrypted", false
		e.Named, _ = s.Get("key_file")
	}
	return Key{}, e
}

// unusable is why a key can't be used. What rsakey's errors have behind the semicolon is for clients of a domain.
func unusable(err error) string {
	text, _, _ := strings.Cut(err.Error(), ";")
	return text
}

// named reads the file that a key of a profile names. A relative path is refused: Oracle's tools read it in the working
// directory.
func (m *Machine) named(file string, s ident.Section, key string) (data []byte, line int, err error) {
	name, err := s.Need(key)
	if err != nil {
		return nil, 0, inFile(file, err)
	}
	_, line = s.Get(key)
	if !filepath.IsAbs(name) && !strings.HasPrefix(name, "~/") {
		return nil, line, &FileError{File: file, Line: line, Problem: key + " must be an absolute path, or begin with ~/"}
	}
	data, err = m.Read(name, SecretFile)
	return data, line, err
}

// regionOf is the configured region, else the profile's.
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
		return "", &FileError{File: file, Line: line, Problem: "region must be a region such as us-ashburn-1, or its key"}
	}
	return region, nil
}
