package signer

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/rsakey"
)

var keys = sync.OnceValues(func() (mine, other *rsa.PrivateKey) {
	mine, _ = rsa.GenerateKey(rand.Reader, 2048)
	other, _ = rsa.GenerateKey(rand.Reader, 2048)
	return mine, other
})

func certificate(t testing.TB, k *rsa.PrivateKey) rsakey.Certificate {
	t.Helper()
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := rsakey.ParseCertificate(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func sign(t testing.TB, k *rsa.PrivateKey, message []byte) []byte {
	t.Helper()
	sum := sha256.Sum256(message)
	s, err := rsa.SignPKCS1v15(nil, k, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func bound(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

var message = []byte("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIn0")

// What openssl, pkcs11-tool, OCI's Vault and a wrapper around them print.
func TestDecoded(t *testing.T) {
	mine, _ := keys()
	s := sign(t, mine, message)
	std, url := base64.StdEncoding.EncodeToString(s), base64.URLEncoding.EncodeToString(s)
	for name, printed := range map[string]string{
		"raw":             string(s),
		"base64":          std,
		"base64url":       url,
		"without padding": strings.TrimRight(url, "="),
		"a line break":    std + "\n",
		"openssl base64":  std[:64] + "\n" + std[64:128] + "\r\n" + std[128:] + "\n",
		"blanks":          "  " + std + "  ",
	} {
		got, err := Checked("sign_command x", certificate(t, mine), message, Decoded([]byte(printed), len(s)))
		if err != nil || string(got) != string(s) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// wrong are signatures that aren't RS256 by the certificate's key under the message.
func wrong(t *testing.T) map[string][]byte {
	mine, other := keys()
	s := sign(t, mine, message)
	by := func(h crypto.Hash, sum []byte) []byte {
		b, err := rsa.SignPKCS1v15(nil, mine, h, sum)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	sum1, sum256, sum512 := sha1.Sum(message), sha256.Sum256(message), sha512.Sum512(message)
	pss, err := rsa.SignPSS(rand.Reader, mine, crypto.SHA256, sum256[:], nil)
	if err != nil {
		t.Fatal(err)
	}
	flipped := append([]byte(nil), s...)
	flipped[100] ^= 1
	return map[string][]byte{
		"SHA-1":        by(crypto.SHA1, sum1[:]),
		"SHA-512":      by(crypto.SHA512, sum512[:]),
		"PSS":          pss,
		"another key":  sign(t, other, message),
		"another text": sign(t, mine, []byte("other")),
		"one bit":      flipped,
		"short":        s[:len(s)-1],
		"long":         append(append([]byte(nil), s...), 0),
		"nothing":      {},
		"garbage":      []byte("Enter PIN: "),
	}
}

func TestAWrongSignatureIsRefused(t *testing.T) {
	mine, _ := keys()
	for name, s := range wrong(t) {
		got, err := Checked("sign_command x", certificate(t, mine), message, Decoded(s, mine.Size()))
		var e *Error
		if got != nil || !errors.As(err, &e) || !strings.HasPrefix(err.Error(), "sign_command x gave ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// largeKey has a modulus just above 2^2048, of 257 bytes, so that nearly every signature begins with a
// zero.
func largeKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	one, e := big.NewInt(1), big.NewInt(65537)
	least := new(big.Int).Lsh(one, 2048)
	for range 100 {
		p, err := rand.Prime(rand.Reader, 1024)
		if err != nil {
			t.Fatal(err)
		}
		q := new(big.Int).Div(least, p)
		for q.Add(q, one); !q.ProbablyPrime(20); q.Add(q, one) {
		}
		k := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 65537}, Primes: []*big.Int{p, q}}
		phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
		if k.D = new(big.Int).ModInverse(e, phi); k.D != nil && k.N.BitLen() == 2049 && k.Validate() == nil {
			k.Precompute()
			return k
		}
	}
	t.Fatal("no such key")
	return nil
}

// PuTTY's agent up to 0.81 drops leading zeros.
func TestDroppedZerosArePutBack(t *testing.T) {
	k := largeKey(t)
	cert := certificate(t, k)
	dropped := 0
	for i := range 20 {
		text := append([]byte(nil), message...)
		text = append(text, byte(i))
		s := sign(t, k, text)
		short := s
		for len(short) > 0 && short[0] == 0 {
			short = short[1:]
		}
		if len(short) < len(s) {
			dropped++
		}
		got, err := Checked("sign_agent x", cert, text, short)
		if err != nil || string(got) != string(s) {
			t.Errorf("%d of %d bytes: %v", len(short), len(s), err)
		}
	}
	if dropped == 0 {
		t.Error("no signature began with a zero")
	}
}
