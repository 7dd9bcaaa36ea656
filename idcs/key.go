package idcs

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
)

// A KeyError says why a key or certificate file can't be used. It never repeats what was in it.
type KeyError string

// What ParseKey and ParseCertificate refuse.
const (
	ErrKeyNotPEM      KeyError = "holds no PEM block (-----BEGIN PRIVATE KEY-----)"
	ErrKeyMissing     KeyError = "holds no private key"
	ErrKeyCertificate KeyError = "holds a certificate, not a private key"
	ErrKeyPublic      KeyError = "holds a public key, not a private one"
	ErrKeyEncrypted   KeyError = "holds an encrypted private key; decrypt it first (openssl pkey)"
	ErrKeyType        KeyError = "holds a private key that isn't RSA; the domain takes RS256 only"
	ErrKeyWeak        KeyError = "holds an RSA key of less than 2048 bits"
	ErrKeySeveral     KeyError = "holds more than one private key"
	ErrKeyBroken      KeyError = "holds a private key that can't be read"

	ErrCertificateMissing KeyError = "holds no certificate"
	ErrCertificateBroken  KeyError = "holds a certificate that can't be read"
	ErrCertificateType    KeyError = "holds a certificate for a key that isn't RSA"
)

// Error is the reason, to stand behind the file's name.
func (e KeyError) Error() string { return string(e) }

// minKeyBits is what RFC 7518 3.3 demands of a key for RS256.
const minKeyBits = 2048

// A Key is an RSA private key that can't be printed. The zero Key is none.
type Key struct{ private *rsa.PrivateKey }

// ParseKey reads the one RSA private key of a PEM file: PKCS#1 ("RSA PRIVATE KEY") or PKCS#8
// ("PRIVATE KEY"). Text before a BEGIN line is skipped, since `openssl pkcs12 -nodes` writes some;
// so are certificates beside the key. Every error is a KeyError. The signing algorithm follows from
// the key alone: there is no setting that could choose a weaker one.
func ParseKey(data []byte) (Key, error) {
	var (
		found []Key
		other KeyError
		seen  bool
	)
	for rest := data; ; {
		block, r := pem.Decode(rest)
		if block == nil {
			break
		}
		rest, seen = r, true
		k, err := parseBlock(block)
		switch {
		case err == ErrKeyCertificate, err == ErrKeyPublic, err == ErrKeyMissing:
			other = err
		case err != "":
			return Key{}, err
		default:
			found = append(found, k)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return Key{}, ErrKeySeveral
	case !seen && bytes.Contains(data, []byte("-----BEGIN ")):
		return Key{}, ErrKeyBroken // a block without its end
	case !seen:
		return Key{}, ErrKeyNotPEM
	}
	return Key{}, other
}

// parseBlock reads one block; "" is no error.
func parseBlock(b *pem.Block) (Key, KeyError) {
	switch b.Type {
	case "RSA PRIVATE KEY":
		if b.Headers["DEK-Info"] != "" || b.Headers["Proc-Type"] != "" {
			return Key{}, ErrKeyEncrypted
		}
		k, err := x509.ParsePKCS1PrivateKey(b.Bytes)
		if err != nil {
			return Key{}, weakOrBroken(b.Bytes)
		}
		return strong(k)
	case "PRIVATE KEY":
		k, err := x509.ParsePKCS8PrivateKey(b.Bytes)
		if err != nil {
			return Key{}, weakOrBroken(pkcs8Content(b.Bytes))
		}
		switch k := k.(type) {
		case *rsa.PrivateKey:
			return strong(k)
		case *ecdsa.PrivateKey, ed25519.PrivateKey, *ecdh.PrivateKey:
			return Key{}, ErrKeyType
		}
		return Key{}, ErrKeyBroken
	case "ENCRYPTED PRIVATE KEY":
		return Key{}, ErrKeyEncrypted
	case "EC PRIVATE KEY", "DSA PRIVATE KEY", "OPENSSH PRIVATE KEY":
		return Key{}, ErrKeyType
	case "CERTIFICATE", "TRUSTED CERTIFICATE", "X509 CERTIFICATE":
		return Key{}, ErrKeyCertificate
	case "PUBLIC KEY", "RSA PUBLIC KEY":
		return Key{}, ErrKeyPublic
	}
	return Key{}, ErrKeyMissing // EC PARAMETERS before its key, a request, anything
}

func strong(k *rsa.PrivateKey) (Key, KeyError) {
	if k.N.BitLen() < minKeyBits {
		return Key{}, ErrKeyWeak
	}
	return Key{k}, ""
}

// weakOrBroken tells a key that crypto/rsa won't even load because it is too short from one that is
// damaged: the person needs a new key in the first case, a new copy in the second.
func weakOrBroken(pkcs1 []byte) KeyError {
	var seq asn1.RawValue
	if _, err := asn1.Unmarshal(pkcs1, &seq); err != nil {
		return ErrKeyBroken
	}
	var (
		version int
		n       *big.Int
	)
	rest, err := asn1.Unmarshal(seq.Bytes, &version)
	if err == nil {
		_, err = asn1.Unmarshal(rest, &n)
	}
	if err != nil || n.Sign() <= 0 || n.BitLen() >= minKeyBits {
		return ErrKeyBroken
	}
	return ErrKeyWeak
}

// pkcs8Content is the inner key of a PKCS#8 structure (RFC 5208 5), nil if there is none.
func pkcs8Content(der []byte) []byte {
	var p struct {
		Version    int
		Algorithm  asn1.RawValue
		PrivateKey []byte
	}
	if _, err := asn1.Unmarshal(der, &p); err != nil {
		return nil
	}
	return p.PrivateKey
}

// Empty reports whether there is no key.
func (k Key) Empty() bool { return k.private == nil }

// String says how long the key is, and nothing else of it.
func (k Key) String() string {
	if k.private == nil {
		return "[no key]"
	}
	return fmt.Sprintf("[RSA private key, %d bits]", k.private.N.BitLen())
}

// GoString is String.
func (k Key) GoString() string { return k.String() }

// Format is String, whatever the verb.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// MarshalText is String; encoding/json takes it too.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// LogValue is String.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }
