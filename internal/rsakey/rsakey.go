// Package rsakey reads RSA private keys and their certificates. A Key signs and can't be printed.
package rsakey

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

// An Error is why a key or certificate file can't be used, to follow the file's name. It quotes nothing of the file.
type Error string

// What Parse and ParseCertificate refuse.
const (
	ErrNotPEM      Error = "holds no PEM block (-----BEGIN PRIVATE KEY-----)"
	ErrMissing     Error = "holds no private key"
	ErrCertificate Error = "holds a certificate, not a private key"
	ErrPublic      Error = "holds a public key, not a private one"
	ErrEncrypted   Error = "holds an encrypted private key; decrypt it first (openssl pkey)"
	ErrType        Error = "holds a private key that isn't RSA; the domain takes RS256 only"
	ErrOpenSSH     Error = "holds a key in OpenSSH's own form; write it as PEM first (ssh-keygen -p -m PEM -f FILE)"
	ErrWeak        Error = "holds an RSA key of less than 2048 bits"
	ErrSeveral     Error = "holds more than one private key"
	ErrBroken      Error = "holds a private key that can't be read"

	ErrCertificateMissing Error = "holds no certificate"
	ErrCertificateBroken  Error = "holds a certificate that can't be read"
	ErrCertificateType    Error = "holds a certificate for a key that isn't RSA"
	ErrCertificateWeak    Error = "holds a certificate for an RSA key of less than 2048 bits"
)

// Error is the reason, to stand behind the file's name.
func (e Error) Error() string { return string(e) }

// minKeyBits is what RFC 7518 3.3 demands of a key for RS256.
const minKeyBits = 2048

// A Key is an RSA private key that can't be printed. The zero Key is none.
type Key struct{ private *rsa.PrivateKey }

// New makes a Key.
func New(k *rsa.PrivateKey) Key { return Key{k} }

// Private is the key itself, for a library that signs with it; nil for none.
func (k Key) Private() *rsa.PrivateKey { return k.private }

// Parse reads the only RSA private key of a PEM file: PKCS#1 ("RSA PRIVATE KEY") or PKCS#8 ("PRIVATE KEY"). It skips
// text before a BEGIN line, which `openssl pkcs12 -nodes` writes, and certificates. Every error is an Error.
func Parse(data []byte) (Key, error) {
	var (
		found []Key
		other Error
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
		case err == ErrCertificate, err == ErrPublic, err == ErrMissing:
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
		return Key{}, ErrSeveral
	case !seen && bytes.Contains(data, []byte("-----BEGIN ")):
		return Key{}, ErrBroken // a block without its end
	case !seen:
		return Key{}, ErrNotPEM
	}
	return Key{}, other
}

// parseBlock reads one block; "" is no error.
func parseBlock(b *pem.Block) (Key, Error) {
	switch b.Type {
	case "RSA PRIVATE KEY":
		if b.Headers["DEK-Info"] != "" || b.Headers["Proc-Type"] != "" {
			return Key{}, ErrEncrypted
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
			return Key{}, ErrType
		}
		return Key{}, ErrBroken
	case "ENCRYPTED PRIVATE KEY":
		return Key{}, ErrEncrypted
	case "OPENSSH PRIVATE KEY":
		return Key{}, ErrOpenSSH
	case "EC PRIVATE KEY", "DSA PRIVATE KEY":
		return Key{}, ErrType
	case "CERTIFICATE", "TRUSTED CERTIFICATE", "X509 CERTIFICATE":
		return Key{}, ErrCertificate
	case "PUBLIC KEY", "RSA PUBLIC KEY":
		return Key{}, ErrPublic
	}
	return Key{}, ErrMissing // EC PARAMETERS before its key, a request, anything
}

func strong(k *rsa.PrivateKey) (Key, Error) {
	if k.N.BitLen() < minKeyBits {
		return Key{}, ErrWeak
	}
	return Key{k}, ""
}

// weakOrBroken is the error for a key that crypto/x509 doesn't load: one that is too short, which needs a new key, or
// one that is damaged, which needs a new copy.
func weakOrBroken(pkcs1 []byte) Error {
	var seq asn1.RawValue
	if _, err := asn1.Unmarshal(pkcs1, &seq); err != nil {
		return ErrBroken
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
		return ErrBroken
	}
	return ErrWeak
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
