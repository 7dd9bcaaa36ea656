package idcstest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // x5t is SHA-1 by RFC 7515 4.1.7
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// A Key is an RSA key with the certificate that the administrator imported under Alias. It proves a
// client (client assertion) and, for a trusted client, names a user (user assertion).
type Key struct {
	Alias   string          // what a JWT header's kid holds, 1 byte or more
	Private *rsa.PrivateKey // nil: somebody else has it, see ImportKey
	Cert    *x509.Certificate
}

// NewKey makes a 2048-bit key and a self-signed certificate, as the openssl line of Oracle's page
// would. It takes some tenths of a second.
func NewKey(alias string) (*Key, error) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	return keyFor(alias, private)
}

// ImportKey is a key whose private half lies elsewhere, by its certificate (PEM).
func ImportKey(alias string, certificate []byte) (*Key, error) {
	block, _ := pem.Decode(certificate)
	if block == nil {
		return nil, errors.New("no PEM block")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	return &Key{Alias: alias, Cert: cert}, err
}

// public is the key that checks signatures, nil if it isn't RSA.
func (k *Key) public() *rsa.PublicKey {
	key, _ := k.Cert.PublicKey.(*rsa.PublicKey)
	return key
}

func keyFor(alias string, private *rsa.PrivateKey) (*Key, error) {
	template := &x509.Certificate{
		SerialNumber: serial(),
		Subject:      pkix.Name{CommonName: alias},
		NotBefore:    time.Now().Add(-24 * time.Hour),
		NotAfter:     time.Now().Add(5 * 365 * 24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return &Key{alias, private, cert}, err
}

// KeyPEM is the private key as an unencrypted PKCS #8 block.
func (k *Key) KeyPEM() []byte {
	der, err := x509.MarshalPKCS8PrivateKey(k.Private)
	if err != nil {
		panic(err) // an RSA key that was just generated can be marshalled
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// CertPEM is the certificate as a CERTIFICATE block.
func (k *Key) CertPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: k.Cert.Raw})
}

// X5T is the base64url of the certificate's SHA-1 without padding, 27 bytes. RFC 7515 4.1.7.
func (k *Key) X5T() string { return x5t(k.Cert) }

func x5t(c *x509.Certificate) string {
	sum := sha1.Sum(c.Raw) //nolint:gosec // see above
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// WriteFiles writes client-key.pem (0600) and client-cert.pem (0644) into dir and returns their paths.
func (k *Key) WriteFiles(dir string) (keyFile, certFile string, err error) {
	keyFile, certFile = filepath.Join(dir, "client-key.pem"), filepath.Join(dir, "client-cert.pem")
	if err := os.WriteFile(keyFile, k.KeyPEM(), 0o600); err != nil {
		return "", "", err
	}
	return keyFile, certFile, os.WriteFile(certFile, k.CertPEM(), 0o644)
}

// rsaPool holds the RSA keys of this process, one for each role. Making one takes longer than all
// else that New does, and hundreds of tests call New. Servers share the keys and nothing else:
// certificates, aliases and the signing key's kid are new each time, and all are checked.
var rsaPool struct {
	sync.Mutex
	keys map[string]*rsa.PrivateKey
}

func pooledKey(role, alias string) (*Key, error) {
	rsaPool.Lock()
	defer rsaPool.Unlock()
	private := rsaPool.keys[role]
	if private == nil {
		var err error
		if private, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			return nil, fmt.Errorf("RSA key: %w", err)
		}
		if rsaPool.keys == nil {
			rsaPool.keys = map[string]*rsa.PrivateKey{}
		}
		rsaPool.keys[role] = private
	}
	return keyFor(alias, private)
}

// randomHex is n random bytes as 2n hex digits.
func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails, crypto/rand says
	return hex.EncodeToString(b)
}
