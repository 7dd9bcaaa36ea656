package oci

import (
	"context"
	"strings"

	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/oci/ident"
)

// An APIKey is a user's key as `oci setup config` wrote it. It never expires.
type APIKey struct {
	File, Profile string
	Region        string // "": the profile's
}

// Session reads the files. It compares the fingerprint with the key, since Oracle would refuse a wrong one without a
// reason.
func (p APIKey) Session(_ context.Context, m *Machine) (Session, error) {
	s, err := m.section(p.File, p.Profile)
	switch {
	case absent(err):
		return Session{}, &ProfileError{File: p.File, Profile: p.Profile}
	case err != nil:
		return Session{}, err
	}
	region, err := regionOf(p.File, p.Region, s)
	if err != nil {
		return Session{}, err
	}
	parts := make([]string, 0, 3)
	for _, name := range []string{"tenancy", "user", "fingerprint"} {
		v, err := s.Need(name)
		if err != nil {
			return Session{}, inFile(p.File, err)
		}
		if name != "fingerprint" && !ident.IsOCID(v) {
			_, line := s.Get(name)
			return Session{}, &FileError{File: p.File, Line: line, Problem: name + " is no OCID"}
		}
		parts = append(parts, v)
	}
	key, err := m.keyFile(p.File, s, nil)
	if err != nil {
		return Session{}, err
	}
	print := key.fingerprint()
	if !strings.EqualFold(parts[2], print) {
		_, line := s.Get("fingerprint")
		return Session{}, &FileError{File: p.File, Line: line, Problem: "fingerprint isn't that of key_file"}
	}
	return Session{KeyID: secret.New(parts[0] + "/" + parts[1] + "/" + print), Key: key, Region: region}, nil
}
