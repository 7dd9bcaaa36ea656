package config

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// ClientDigest changes with everything that the domain judges about the client, so that a pause which
// its refusal began ends when it is mended. A command counts by its words: running it may take
// seconds, or ask somebody.
func (p *Profile) ClientDigest(getenv func(string) string) string {
	h := sha256.New()
	add := func(s string) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	file := func(p Path, read func(Path) ([]byte, error)) {
		if p.IsZero() {
			return
		}
		b, err := read(p)
		if err != nil {
			b = []byte(err.Error())
		}
		add(string(b))
	}
	for _, s := range []string{p.Domain, p.ClientID, p.Login, p.LoginScope(), p.RefreshScope} {
		add(s)
	}
	file(p.CAFile, ReadPublic)
	if c := p.Client; c != nil {
		for _, s := range append([]string{c.KeyID, c.Audience, getenv(c.SecretEnv)}, c.SecretCommand...) {
			add(s)
		}
		file(c.SecretFile, ReadSecret)
		file(c.KeyFile, ReadSecret)
		file(c.CertFile, ReadPublic)
	}
	if u := p.User; u != nil {
		for _, s := range []string{u.Subject, u.KeyID, u.Audience} {
			add(s)
		}
		file(u.KeyFile, ReadSecret)
		file(u.CertFile, ReadPublic)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
