package config

import (
	"slices"
)

// Files are the files that the profile reads, each once.
func (p *Profile) Files() (list []Path) {
	add := func(path Path) {
		if !path.IsZero() && !slices.Contains(list, path) {
			list = append(list, path)
		}
	}
	for _, ca := range p.CA.Files {
		add(ca)
	}
	if c := p.Client; c != nil {
		add(c.SecretFile)
		add(c.KeyFile)
		add(c.CertFile)
	}
	if u := p.User; u != nil {
		add(u.KeyFile)
		add(u.CertFile)
	}
	if o := p.OCI; o != nil {
		add(o.File)
	}
	return list
}
