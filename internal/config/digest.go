package config

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
)

// A digest is of a list of texts and files, one after the other.
type digest struct{ hash.Hash }

func (d digest) add(texts ...string) {
	for _, s := range texts {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		d.Write(n[:])
		d.Write([]byte(s))
	}
}

// file adds what a file holds, or why it can't be read.
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

// authorities are whom the profile trusts.
func (d digest) authorities(p *Profile) {
	for _, ca := range p.CA.Files {
		d.file(ca, ReadPublic)
	}
	if p.CA.System {
		d.add("system")
	}
}

// key adds what signs: a file by its content, what signs elsewhere by its name.
func (d digest) key(k Key) {
	d.add(k.KeyID, k.SignAgent.Full)
	d.add(k.SignCommand...)
	d.file(k.KeyFile, ReadSecret)
	d.file(k.CertFile, ReadPublic)
}

func (d digest) String() string { return hex.EncodeToString(d.Sum(nil)[:16]) }

// WayDigest changes with everything that the way to the domain depends on: its address, the proxy, the
// authorities that are trusted. Where nothing could be sent, others with the same need not try.
func (p *Profile) WayDigest(proxy string) string {
	d := digest{sha256.New()}
	d.add("way", p.Domain, proxy)
	d.authorities(p)
	return d.String()
}

// ClientDigest changes with everything that the domain judges about the client, so that a pause which
// its refusal began ends when it is mended. A command counts by its words: running it may take
// seconds, or ask somebody.
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
