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
	"encoding/binary"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
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

// fakeAgent answers each connection by answer and returns its socket.
func fakeAgent(t *testing.T, answer func(conn net.Conn, request []byte)) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	t.Cleanup(func() { l.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				var size [4]byte
				if _, err := io.ReadFull(conn, size[:]); err != nil {
					return
				}
				b := make([]byte, binary.BigEndian.Uint32(size[:]))
				if _, err := io.ReadFull(conn, b); err == nil {
					answer(conn, b)
				}
			})
		}
	})
	return path
}

// response is a SSH_AGENT_SIGN_RESPONSE as it goes over the wire.
func response(format string, s []byte) []byte {
	inner := appendString(appendString(nil, []byte(format)), s)
	return appendString(nil, appendString([]byte{signResponse}, inner))
}

// until waits for the other side to leave.
func until(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

func TestAgentsThatMisbehave(t *testing.T) {
	need.Unix(t, "Wine has no sockets of the family unix")
	mine, _ := keys()
	cert := certificate(t, mine)
	s := sign(t, mine, message)
	says := func(b []byte) func(net.Conn, []byte) { return func(conn net.Conn, _ []byte) { _, _ = conn.Write(b) } }
	whole := response(wantFormat, s)
	type row struct {
		answer func(net.Conn, []byte)
		want   string
	}
	rows := map[string]row{
		"refuses":             {says([]byte{0, 0, 0, 1, failure}), "refused to sign: it is locked, asks for a confirmation, or has no such key"},
		"another kind":        {says(response("ssh-rsa", s)), "signed by ssh-rsa, not by rsa-sha2-256"},
		"SHA-512":             {says(response("rsa-sha2-512\x1b", s)), "signed by rsa-sha2-512?, not by rsa-sha2-256"},
		"hangs up":            {func(net.Conn, []byte) {}, "gave no answer that could be understood"},
		"cut":                 {says(whole[:40]), "gave no answer that could be understood"},
		"empty":               {says([]byte{0, 0, 0, 0}), "gave no answer that could be understood"},
		"1 GiB":               {says([]byte{0x40, 0, 0, 0, signResponse}), "gave no answer that could be understood"},
		"16 KiB and one":      {says(append([]byte{0, 0, 0x40, 1}, make([]byte, 0x4001)...)), "gave no answer that could be understood"},
		"another message":     {says([]byte{0, 0, 0, 5, 12, 0, 0, 0, 0}), "gave no answer that could be understood"},
		"lengths beyond it":   {says([]byte{0, 0, 0, 9, signResponse, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}), "gave no answer that could be understood"},
		"bytes behind":        {says(appendString(nil, append(append([]byte{signResponse}, appendString(nil, append(appendString(appendString(nil, []byte(wantFormat)), s), 0))...), 0))), "gave no answer that could be understood"},
		"speaks HTTP":         {says([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")), "gave no answer that could be understood"},
		"hangs":               {func(conn net.Conn, _ []byte) { until(conn) }, "didn't sign in time; does its key wait for a touch or a password"},
		"hangs in the middle": {func(conn net.Conn, _ []byte) { _, _ = conn.Write(whole[:40]); until(conn) }, "didn't sign in time; does its key wait for a touch or a password"},
	}
	for name, s := range wrong(t) {
		rows["wrong: "+name] = row{says(response(wantFormat, s)), "gave "}
	}
	for name, tt := range rows {
		t.Run(name, func(t *testing.T) {
			limit := 30 * time.Second
			if strings.HasPrefix(name, "hangs") && name != "hangs up" {
				limit = 50 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(bound(t), limit)
			defer cancel()
			got, err := Agent(ctx, "sign_agent a.sock", fakeAgent(t, tt.answer), cert, message)
			if got != nil || err == nil || !strings.HasPrefix(err.Error(), "sign_agent a.sock "+tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}

	var asked []byte
	got, err := Agent(bound(t), "sign_agent a.sock", fakeAgent(t, func(conn net.Conn, b []byte) { asked = b; _, _ = conn.Write(whole) }), cert, message)
	if err != nil || string(got) != string(s) {
		t.Errorf("a good one: %v", err)
	}
	if len(asked) == 0 || asked[0] != signRequest || binary.BigEndian.Uint32(asked[len(asked)-4:]) != flagSHA256 {
		t.Errorf("asked %x", asked)
	}
}

func TestSocketsThatAreNone(t *testing.T) {
	need.Unix(t, "Wine has no sockets of the family unix")
	mine, _ := keys()
	cert := certificate(t, mine)
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(dir, "left.sock") // whose agent has gone
	l, err := net.Listen("unix", left)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	l.Close()
	for path, want := range map[string]string{
		filepath.Join(dir, "absent"): "can't be found: no such file or directory",
		file:                         "is no socket",
		dir:                          "is no socket",
		left:                         "can't be reached: connection refused",
	} {
		_, err := Agent(bound(t), "sign_agent x", path, cert, message)
		if err == nil || err.Error() != "sign_agent x "+want {
			t.Errorf("%s: got %v, want %q", path, err, want)
		}
	}
}

// Whatever an agent answers, nothing but a signature by the key comes out.
func FuzzAgentAnswer(f *testing.F) {
	mine, _ := keys()
	cert := certificate(f, mine)
	s := sign(f, mine, message)
	f.Add(response(wantFormat, s)[4:])
	f.Add([]byte{failure})
	f.Add([]byte{signResponse, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, answer []byte) {
		if len(answer) == 0 {
			return
		}
		signature, format, ok := signed(answer)
		if !ok || format != wantFormat {
			return
		}
		if got, err := Checked("x", cert, message, signature); err == nil && string(got) != string(s) {
			t.Errorf("%x", got)
		}
	})
}
