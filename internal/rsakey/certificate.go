package rsakey

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"time"
)

// A Certificate is what an assertion needs of the certificate that was imported into the domain.
type Certificate struct {
	// Thumbprint is `x5t`: base64url of the certificate's SHA-1 without padding, 27 letters (RFC 7515
	// 4.1.7). SHA-1 names the certificate here and protects nothing.
	Thumbprint string
	NotBefore  time.Time
	NotAfter   time.Time

	public *rsa.PublicKey
}

// ParseCertificate reads the first certificate of a PEM file, or a DER file. Every error is an Error.
func ParseCertificate(data []byte) (Certificate, error) {
	der := data
	if block := firstCertificate(data); block != nil {
		der = block.Bytes
	} else if len(data) == 0 || data[0] != 0x30 { // what DER begins with: a sequence
		return Certificate{}, ErrCertificateMissing
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return Certificate{}, ErrCertificateBroken
	}
	public, ok := c.PublicKey.(*rsa.PublicKey)
	if !ok {
		return Certificate{}, ErrCertificateType
	}
	sum := sha1.Sum(c.Raw)
	return Certificate{
		Thumbprint: base64.RawURLEncoding.EncodeToString(sum[:]),
		NotBefore:  c.NotBefore,
		NotAfter:   c.NotAfter,
		public:     public,
	}, nil
}

// Size is how many bytes a signature by the certificate's key has.
func (c Certificate) Size() int {
	if c.public == nil {
		return 0
	}
	return c.public.Size()
}

// Public is the certificate's key; nil for the zero Certificate.
func (c Certificate) Public() *rsa.PublicKey { return c.public }

// Weak reports whether its key is shorter than RFC 7518 3.3 demands for RS256: 2048 bits.
func (c Certificate) Weak() bool { return c.public == nil || c.public.N.BitLen() < minKeyBits }

// Signed reports whether signature is the RS256 signature of text by the certificate's key.
func (c Certificate) Signed(text, signature []byte) bool {
	sum := sha256.Sum256(text)
	return c.public != nil && rsa.VerifyPKCS1v15(c.public, crypto.SHA256, sum[:], signature) == nil
}

func firstCertificate(data []byte) *pem.Block {
	for {
		block, rest := pem.Decode(data)
		if block == nil || block.Type == "CERTIFICATE" {
			return block
		}
		data = rest
	}
}

// Matches reports whether the certificate is the key's: if not, the domain would refuse every
// assertion without saying why.
func (k Key) Matches(c Certificate) bool {
	return k.private != nil && c.public != nil && k.private.PublicKey.Equal(c.public)
}
