package cache

import "strings"

// Unsigned is the stored access token, or the ID token, without its signature: `HEADER.PAYLOAD.`, which
// tells whom it is for and is no credential. It is empty where none is stored, where it is no JWT
// (RFC 7519), and where the file can't be used. It takes no lock and no network, and the token may have
// expired.
func (d *Dir) Unsigned(key Key, id bool) string {
	t, err := d.read(d.name(key))
	if err != nil {
		return ""
	}
	text := Query{ID: id}.secret(t).Reveal()
	if strings.Count(text, ".") != 2 {
		return ""
	}
	return text[:strings.LastIndexByte(text, '.')+1]
}
