package cache

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"path/filepath"
	"strings"
)

// A sealed token file is the frame of frame.go in version 2 around a box, which is a token record encrypted with
// AES-256-GCM:
//
//	{"version":2,"length":4123,"sha256":"…","record":{"store":"kernel","key":"32 hex","boot":"…","ns":"…","box":"…"}}
//
// The checksum is over the ciphertext, so a torn or altered file is known without the key. What is before
// `box` is authenticated with the base name of the file, so that a box can't be moved to another key. It can
// be replaced by an older whole file: nothing here tells the age of one.

// A form is how a token file is written. The zero form is in the open.
type form struct {
	store string // "kernel": where the key is kept
	key   string // keyID of the key
	boot  string // the boot of the machine, and the user namespace, in which the file was written: where the
	ns    string // key may be looked for
	// first: no other file may be sealed with this key, see keepKey. It isn't written.
	first bool
}

func (f form) sealed() bool { return f.store != "" }

const keySize = 32

// keyID names a key without being it.
func keyID(key []byte) string {
	sum := sha256.Sum256(append([]byte("credential-idcs seal key\x00"), key...))
	return hex.EncodeToString(sum[:16])
}

// head are the members of a box's record before `box`.
func (f form) head() []byte {
	b := appendString([]byte(`{"store":`), f.store)
	b = appendString(append(b, `,"key":`...), f.key)
	b = appendString(append(b, `,"boot":`...), f.boot)
	return appendString(append(b, `,"ns":`...), f.ns)
}

// close puts a record into a box. The nonce is random: a key closes far fewer boxes than 2^32.
func (f form) close(name string, key, record []byte) ([]byte, error) {
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	head := f.head()
	closed := aead.Seal(nil, nil, record, associated(name, head))
	b := append(head, `,"box":"`...)
	b = base64.StdEncoding.AppendEncode(b, closed)
	return append(b, `"}`...), nil
}

// takeApart reads the record of a box, and uses its memory. What comes back is still closed.
func takeApart(record []byte) (f form, closed []byte, err error) {
	head, text, found := bytes.Cut(record, []byte(`,"box":"`))
	text, ok := bytes.CutSuffix(text, []byte(`"}`))
	r := reader{rest: string(head)}
	f.store, f.key = r.str(`{"store":`), r.str(`,"key":`)
	f.boot, f.ns = r.str(`,"boot":`), r.str(`,"ns":`)
	if r.bad || r.rest != "" || !ok || !found || !f.sealed() {
		return form{}, nil, errUnknownRecord
	}
	if closed, err = decode(text); err != nil {
		return form{}, nil, errUnknownRecord
	}
	return f, closed, nil
}

// decode is what a text in base64 holds, in the text's own memory: each new page costs a cached answer a fault.
func decode(text []byte) ([]byte, error) {
	var piece [256]byte
	n := 0
	for rest := text; len(rest) > 0; {
		quanta := rest[:min(len(rest), base64.StdEncoding.EncodedLen(len(piece)-1))]
		rest = rest[len(quanta):]
		m, err := base64.StdEncoding.Decode(piece[:], quanta)
		if err != nil {
			return nil, err
		}
		n += copy(text[n:], piece[:m])
	}
	return text[:n], nil
}

// open is the record in a box, in closed's own memory. With the right key an error means that the box was altered.
func (f form) open(name string, key, closed []byte) ([]byte, error) {
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	record, err := aead.Open(closed[:0], nil, closed, associated(name, f.head()))
	if err != nil {
		return nil, errDamaged
	}
	return record, nil
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func associated(name string, head []byte) []byte { return append([]byte(name+"\x00"), head...) }

// baseName is the name of a key's file without its ending: KEY.new becomes KEY.json by a rename.
func baseName(path string) string {
	name, _, _ := strings.Cut(filepath.Base(path), ".")
	return name
}
