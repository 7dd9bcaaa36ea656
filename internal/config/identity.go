package config

import (
	"crypto/sha256"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/oci/ident"
)

// PathOf is the Path of a file that Oracle's own configuration file has: absolute, or below ~/. For any other it is
// the zero Path: Oracle's tools would look into the working directory.
func (o *OCI) PathOf(written string) Path {
	if !filepath.IsAbs(written) && !strings.HasPrefix(written, "~/") {
		return Path{}
	}
	return o.at.path(written)
}

// Identity is whom the principal signs as, for the keys of stored credentials. It needs no private key and no network.
// It is empty if that can't be found out; then no stored credential is found.
func (o *OCI) Identity(getenv func(string) string) string {
	parts := []string{o.Principal}
	switch o.Principal {
	case PrincipalSession, PrincipalAPIKey:
		s, err := o.section()
		if err != nil {
			return ""
		}
		for _, name := range []string{"tenancy", "user", "fingerprint"} {
			if name == "user" && o.Principal == PrincipalSession {
				continue // Oracle's tools ignore it there
			}
			v, err := s.Need(name)
			if err != nil {
				return ""
			}
			parts = append(parts, v)
		}
	case PrincipalInstance:
		parts = append(parts, o.Metadata)
	case PrincipalResource:
		token := getenv("OCI_RESOURCE_PRINCIPAL_RPST")
		if path.IsAbs(token) || filepath.IsAbs(token) {
			b, err := ReadSecret(Path{Written: token, Full: token})
			if err != nil {
				return ""
			}
			token = string(b)
		}
		return subject(parts, token)
	case PrincipalWorkload:
		b, err := ReadAccount(o.AccountFile("token"))
		if err != nil {
			return ""
		}
		return subject(append(parts, o.Endpoint), string(b))
	}
	return strings.Join(parts, "\n")
}

// section reads the profile in the oci CLI's file.
func (o *OCI) section() (ident.Section, error) {
	data, err := ReadPublic(o.File)
	if err != nil {
		return ident.Section{}, err
	}
	return ident.ParseSection(data, o.Profile)
}

// KeyFile is key_file in the oci CLI's file, as it is written there; empty: it has none.
func (o *OCI) KeyFile() string {
	s, _ := o.section()
	name, _ := s.Get("key_file")
	return name
}

// SessionEnds is when the session in the oci CLI's files ends, and the region of its profile, without its private key.
// Zero: there is no session.
func (o *OCI) SessionEnds() (region string, ends time.Time) {
	s, err := o.section()
	if err != nil {
		return "", time.Time{}
	}
	region, _ = s.Get("region")
	name, err := s.Need("security_token_file")
	if err != nil {
		return region, time.Time{}
	}
	token, err := ReadSecret(o.PathOf(name))
	if err != nil {
		return region, time.Time{}
	}
	c, ok := ident.ReadClaims(string(token))
	if !ok || c.Expires == 0 {
		return region, time.Time{}
	}
	return region, time.Unix(c.Expires, 0)
}

// subject adds the subject of a token to an identity; empty: the token has none.
func subject(parts []string, token string) string {
	c, ok := ident.ReadClaims(token)
	if !ok || c.Subject == "" {
		return ""
	}
	return strings.Join(append(parts, c.Subject), "\n")
}

// AccountFile is a file of the pod's service account.
func (o *OCI) AccountFile(name string) Path {
	if o.Account.IsZero() {
		full := "/var/run/secrets/kubernetes.io/serviceaccount/" + name
		return Path{Written: full, Full: full}
	}
	return Path{Written: path.Join(o.Account.Written, name), Full: filepath.Join(o.Account.Full, name)}
}

// digest changes with the table and the content of its files.
func (o *OCI) digest(getenv func(string) string) string {
	d := digest{sha256.New()}
	d.add(o.Principal, o.Profile, o.Region, o.Metadata, o.Endpoint)
	switch o.Principal {
	case PrincipalSession, PrincipalAPIKey:
		d.file(o.File, ReadPublic)
		if s, err := o.section(); err == nil {
			for _, name := range []string{"key_file", "security_token_file"} {
				v, _ := s.Get(name)
				d.file(o.PathOf(v), ReadSecret)
			}
		}
	case PrincipalResource:
		for _, name := range []string{"VERSION", "RPST", "PRIVATE_PEM", "REGION"} {
			v := getenv("OCI_RESOURCE_PRINCIPAL_" + name)
			d.add(v)
			if path.IsAbs(v) {
				d.file(Path{Written: v, Full: v}, ReadSecret)
			}
		}
	case PrincipalWorkload:
		d.add(getenv("KUBERNETES_SERVICE_HOST"))
		d.file(o.AccountFile("token"), ReadAccount)
		d.file(o.AccountFile("ca.crt"), ReadPublic)
	}
	return d.String()
}
