package oci

import (
	"context"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/rsakey"
	"github.com/credential-idcs/credential-idcs/oci/ident"
)

// A Resource is a resource principal, which the platform puts into the environment of functions and other resources that
// run code. Token and key are each in the variable itself, or in a file whose absolute path it holds. The platform
// replaces the files, so they are read for each session.
//
// Read in oci-go-sdk v65.130.0, common/auth/resource_principal_key_provider.go:80-107.
type Resource struct {
	Region string // "": the environment's
}

// The variables of a resource principal.
const (
	resourceVersion    = "OCI_RESOURCE_PRINCIPAL_VERSION"
	resourceToken      = "OCI_RESOURCE_PRINCIPAL_RPST"
	resourceKey        = "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM"
	resourcePassphrase = "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE"
	resourceRegion     = "OCI_RESOURCE_PRINCIPAL_REGION"
)

// Session reads the variables and what they name.
func (p Resource) Session(_ context.Context, m *Machine) (Session, error) {
	token, err := p.Token(m)
	if err != nil {
		return Session{}, err
	}
	if m.Getenv(resourcePassphrase) != "" {
		return Session{}, settings(resourcePassphrase + " is set, and encrypted keys aren't read")
	}
	pem, err := m.valueOrFile(resourceKey)
	if err != nil {
		return Session{}, err
	}
	k, err := rsakey.Parse([]byte(pem))
	if err != nil {
		return Session{}, settings(resourceKey + " " + unusable(err))
	}
	claims, _ := ident.ReadClaims(token)
	if ends := time.Unix(claims.Expires, 0); claims.Expires != 0 && !ends.After(m.Now().Add(m.Skew)) {
		return Session{}, settings(resourceToken + " ended at " + ends.Local().Format("15:04"))
	}
	key := Key{k}
	if fits, known := key.fits(claims); known && !fits {
		return Session{}, settings(resourceToken + " and " + resourceKey + " don't belong together")
	}
	region := p.Region
	if region == "" {
		var ok bool
		if region, ok = ident.ParseRegion(m.Getenv(resourceRegion)); !ok {
			return Session{}, settings(resourceRegion + " names no region")
		}
	}
	return sessionOf(token, key, region), nil
}

// Token is the session token alone, for who needs no key.
func (p Resource) Token(m *Machine) (string, error) {
	switch v := m.Getenv(resourceVersion); v {
	case "":
		return "", settings(resourceVersion + " is not set: this is no resource with a principal")
	case "2.2":
	case "1.1", "3.0":
		return "", settings(resourceVersion + " is " + v + ", and only 2.2 is supported")
	default:
		return "", settings(resourceVersion + " is none that is supported, only 2.2")
	}
	token, err := m.valueOrFile(resourceToken)
	if err != nil {
		return "", err
	}
	if _, ok := claimsOf(token); !ok {
		return "", settings(resourceToken + " holds no session token")
	}
	return token, nil
}

// valueOrFile is the content of a variable, or of the file whose absolute path it holds.
func (m *Machine) valueOrFile(name string) (string, error) {
	v := m.Getenv(name)
	if v == "" {
		return "", settings(name + " is not set")
	}
	if path.IsAbs(v) || filepath.IsAbs(v) {
		b, err := m.Read(v, SecretFile)
		if err != nil {
			return "", err
		}
		v = string(b)
	}
	return strings.TrimSpace(v), nil
}

// settings is the error for a principal that isn't there or is wrongly set. Nothing was sent.
//
//go:noinline
func settings(text string) *Error {
	return &Error{Class: ErrSettings, Text: text, NotSent: true, Local: true}
}
