package config

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
)

// A digest is the SHA-256 of a list of texts and files.
type digest struct{ hash.Hash }

func (d digest) add(texts ...string) {
	for _, s := range texts {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		d.Write(n[:])
		d.Write([]byte(s))
	}
}

// file adds the content of a file, or the error of reading it.
func (d digest) file(p Path, read func(Path) ([]byte, error)) {
	if p.IsZero() {
		return
	}
	b, err := read(p)
	if err != nil {
		b = []byte(err.Error())
	}
	d.add(string(b))
}

// authorities adds the authorities that the profile trusts.
func (d digest) authorities(p *Profile) {
	for _, ca := range p.CA.Files {
		d.file(ca, ReadPublic)
	}
	if p.CA.System {
		d.add("system")
	}
}

// key adds a key: a file by its content, a command or an agent by its name.
func (d digest) key(k Key) {
	d.add(k.KeyID, k.SignAgent.Full)
	d.add(k.SignCommand...)
	d.file(k.KeyFile, ReadSecret)
	d.file(k.CertFile, ReadPublic)
}

func (d digest) String() string { return hex.EncodeToString(d.Sum(nil)[:16]) }

// WayDigest changes with everything that a connection to the domain depends on: its address, the proxy, the trusted
// authorities. After a failed connection, a process with the same digest need not try.
func (p *Profile) WayDigest(proxy string) string {
	d := digest{sha256.New()}
	d.add("way", p.Domain, proxy)
	d.authorities(p)
	return d.String()
}

// ClientDigest changes with everything by which the domain accepts or refuses the client, so that the pause after a
// refusal ends when that is mended. A command counts by its words: running it may take seconds, or ask a person.
func (p *Profile) ClientDigest(getenv func(string) string) string {
	d := digest{sha256.New()}
	d.add(p.Domain, p.ClientID, p.Login, p.LoginScope(), p.RefreshScope)
	d.authorities(p)
	if c := p.Client; c != nil {
		d.add(c.Audience, getenv(c.SecretEnv))
		d.add(c.SecretCommand...)
		d.file(c.SecretFile, ReadSecret)
		d.key(c.Key)
	}
	if u := p.User; u != nil {
		d.add(u.Subject, u.Audience)
		d.key(u.Key)
	}
	if p.OCI != nil {
		d.add(p.OCI.digest(getenv))
	}
	return d.String()
}
