package rsakey

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"
)

// rsaOnce is one key for all tests here: making one takes long.
var rsaOnce = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func pkcs8(t *testing.T, k any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// certificateOf is a self-signed certificate in DER.
func certificateOf(t *testing.T, public, private any) []byte {
	t.Helper()
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, public, private)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// S59.
func TestParse(t *testing.T) {
	k := rsaOnce()
	pkcs1 := block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(k))
	p8 := block("PRIVATE KEY", pkcs8(t, k))
	cert := block("CERTIFICATE", certificateOf(t, &k.PublicKey, k))
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ecDER, _ := x509.MarshalECPrivateKey(ec)
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	encrypted := strings.Replace(pkcs1, "KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n", 1)
	// openssl pkcs12 -nocerts -nodes writes this before the key.
	attributes := "Bag Attributes\n    friendlyName: buildkey2025\n    localKeyID: 54 69\nKey Attributes: <No Attributes>\n"
	damaged := x509.MarshalPKCS1PrivateKey(k)
	damaged[len(damaged)/2] ^= 1

	for _, tt := range []struct {
		name, data string
		want       error
	}{
		{"PKCS#1", pkcs1, nil},
		{"PKCS#8", p8, nil},
		{"CRLF", strings.ReplaceAll(p8, "\n", "\r\n"), nil},
		{"text before", attributes + p8, nil},
		{"beside its certificate", cert + p8 + cert, nil},

		{"empty", "", ErrNotPEM},
		{"an HS256 secret", "c2VjcmV0LXNlY3JldC1zZWNyZXQ=", ErrNotPEM},
		{"DER", string(pkcs8(t, k)), ErrNotPEM},
		{"cut", p8[:len(p8)/2], ErrBroken},
		{"damaged", block("RSA PRIVATE KEY", damaged), ErrBroken},
		{"damaged in PKCS#8", block("PRIVATE KEY", damaged), ErrBroken},
		{"garbage in PKCS#1", block("RSA PRIVATE KEY", []byte("garbage")), ErrBroken},
		{"EC", block("EC PARAMETERS", []byte{6, 0}) + block("EC PRIVATE KEY", ecDER), ErrType},
		{"EC in PKCS#8", block("PRIVATE KEY", pkcs8(t, ec)), ErrType},
		{"Ed25519", block("PRIVATE KEY", pkcs8(t, ed)), ErrType},
		{"OpenSSH", block("OPENSSH PRIVATE KEY", []byte("openssh-key-v1\x00")), ErrOpenSSH},
		{"1024 bits", block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(weak)), ErrWeak},
		{"1024 bits in PKCS#8", block("PRIVATE KEY", pkcs8(t, weak)), ErrWeak},
		{"512 bits", oldKey, ErrWeak},
		{"encrypted PKCS#8", block("ENCRYPTED PRIVATE KEY", []byte{0x30, 0}), ErrEncrypted},
		{"encrypted PKCS#1", encrypted, ErrEncrypted},
		{"a certificate", cert, ErrCertificate},
		{"a public key", block("PUBLIC KEY", []byte{0x30, 0}), ErrPublic},
		{"something else", block("X509 CRL", []byte{0x30, 0}), ErrMissing},
		{"two keys", pkcs1 + p8, ErrSeveral},
		{"two keys, one of another kind", p8 + block("EC PRIVATE KEY", ecDER), ErrType},
	} {
		got, err := Parse([]byte(tt.data))
		if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) || got.Empty() != (err != nil) {
			t.Errorf("%s: got %v, %v, want %v", tt.name, got, err, tt.want)
		}
		if err == nil && !got.private.Equal(k) {
			t.Errorf("%s: another key", tt.name)
		}
	}
}

// Made by openssl genrsa -traditional 512: shorter than crypto/rsa will make one.
const oldKey = `-----BEGIN RSA PRIVATE KEY-----
MIIBOwIBAAJBAKV0S7iTpx8f1tjFj+cWgTnWpPw9s61jXS+7lHuA1DldDbraWUua
nWq9ujxSoQnZJMKElAKyJOJFok/aB04HI10CAwEAAQJAUkJCj07hjOjggT+f7u1S
bDYaKspmdXLsVpn1FX4UhTvAZHd0g3ZDCFUB+puRWy2OE5+38PJEuLzv/byYkDSV
5QIhANotm5h5cYk4wmzmm5ncY2Xh7pU2Ud01JoST/rxLYBIvAiEAwiLjVr0A8zUd
wIDwaC4q8kJ96NtVerrltU2SuYbHvDMCIQDUgIeEQwTqenYkS5hSi+3kVeJjQr0J
j7MsflkmXOP90QIgXht9armaMUtJTdzzLP1cUi2LTYqtSB47ZgThoE/GmOMCIQCK
NzoWKiaHPX+kkR8hOmrlr8bw4XK0HjQsAqX9irU+PA==
-----END RSA PRIVATE KEY-----
`

func TestParseCertificate(t *testing.T) {
	k := rsaOnce()
	der := certificateOf(t, &k.PublicKey, k)
	sum := sha1.Sum(der)
	x5t := base64.RawURLEncoding.EncodeToString(sum[:])
	ec, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	for _, tt := range []struct {
		name string
		data []byte
		want error
	}{
		{"PEM", []byte("subject=CN = buildkey2025\n" + block("CERTIFICATE", der)), nil},
		{"PEM behind its key", []byte(block("PRIVATE KEY", pkcs8(t, k)) + block("CERTIFICATE", der)), nil},
		{"DER", der, nil},
		{"empty", nil, ErrCertificateMissing},
		{"a key", []byte(block("PRIVATE KEY", pkcs8(t, k))), ErrCertificateMissing},
		{"broken", []byte(block("CERTIFICATE", der[:99])), ErrCertificateBroken},
		{"DER of a key", pkcs8(t, k), ErrCertificateBroken},
		{"EC", certificateOf(t, &ec.PublicKey, ec), ErrCertificateType},
	} {
		c, err := ParseCertificate(tt.data)
		if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
		if err == nil && (c.Thumbprint != x5t || len(x5t) != 27 || !(Key{k}).Matches(c) || c.NotAfter.IsZero()) {
			t.Errorf("%s: got %+v, want %s", tt.name, c, x5t)
		}
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := ParseCertificate(der)
	if (Key{other}).Matches(c) || (Key{}).Matches(c) || (Key{k}).Matches(Certificate{}) {
		t.Error("a certificate matches another key")
	}
}
