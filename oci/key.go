package oci

import (
	"crypto"
	"crypto/md5" //nolint:gosec // Oracle's fingerprint of an API key is MD5
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"strings"

	"github.com/credential-idcs/credential-idcs/internal/rsakey"
	"github.com/credential-idcs/credential-idcs/oci/ident"
)

// A Key signs for a session. It can't be printed.
type Key struct{ rsakey.Key }

// ErrNoKey is returned if a session has no key.
var ErrNoKey = errors.New("there is no key to sign with")

// newKey makes the key of a new session, of 2048 bits as Oracle's SDK does. It is used only in this call.
func newKey(rand io.Reader) (Key, error) {
	k, err := rsa.GenerateKey(rand, 2048)
	if err != nil {
		return Key{}, err
	}
	return Key{rsakey.New(k)}, nil
}

// sign is RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 8.2), which needs no randomness.
func (k Key) sign(text string) ([]byte, error) {
	if k.Empty() {
		return nil, ErrNoKey
	}
	sum := sha256.Sum256([]byte(text))
	return rsa.SignPKCS1v15(nil, k.Private(), crypto.SHA256, sum[:])
}

func (k Key) public() *rsa.PublicKey { return &k.Private().PublicKey }

// spki is the public key as SubjectPublicKeyInfo (RFC 5280 4.1, RFC 3279 2.3.1), DER. x509's own function links 8 KB more
// for other kinds of keys.
func (k Key) spki() []byte {
	key := x509.MarshalPKCS1PublicKey(k.public())
	der, err := asn1.Marshal(struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}{
		pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}, Parameters: asn1.NullRawValue},
		asn1.BitString{Bytes: key, BitLength: 8 * len(key)},
	})
	if err != nil {
		return nil // an RSA key can always be marshalled
	}
	return der
}

// publicPEM is the public key as PEM, as the workload endpoint accepts it.
func (k Key) publicPEM() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: k.spki()}))
}

// fingerprint is the MD5 of the public key with colons, as the console shows it for an API key.
//
// https://docs.oracle.com/en-us/iaas/Content/API/Concepts/apisigningkey.htm
func (k Key) fingerprint() string {
	sum := md5.Sum(k.spki()) //nolint:gosec // see above
	return colons(sum[:])
}

func colons(b []byte) string {
	s := hex.EncodeToString(b)
	parts := make([]string, 0, len(b))
	for i := 0; i < len(s); i += 2 {
		parts = append(parts, s[i:i+2])
	}
	return strings.Join(parts, ":")
}

// fits reports whether this is the key in a session token's claims. known: they have a key that can be read.
func (k Key) fits(c ident.Claims) (fits, known bool) {
	n, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(c.N, "="))
	if err != nil || len(n) == 0 {
		return false, false
	}
	e, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(c.E, "="))
	if err != nil || len(e) == 0 {
		return false, false
	}
	public := k.public()
	return public.N.Cmp(new(big.Int).SetBytes(n)) == 0 &&
		new(big.Int).SetBytes(e).Cmp(big.NewInt(int64(public.E))) == 0, true
}
