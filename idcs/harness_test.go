package idcs

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/rsakey"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

const clientID = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"

// authorityOnce is a certificate authority of the tests' own.
var authorityOnce = sync.OnceValues(func() (*x509.Certificate, *ecdsa.PrivateKey) {
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	t := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	c, _ := x509.ParseCertificate(der)
	return c, key
})

func roots() *x509.CertPool {
	ca, _ := authorityOnce()
	p := x509.NewCertPool()
	p.AddCert(ca)
	return p
}

// serverCertificate is for 127.0.0.1, changed by edit.
func serverCertificate(t testing.TB, edit func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	ca, caKey := authorityOnce()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if edit != nil {
		edit(c)
	}
	der, err := x509.CreateCertificate(rand.Reader, c, ca, &key.PublicKey, caKey)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

var rsaOnce = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

func testSigner() Signer { return Signer{Key: rsakey.New(rsaOnce()), KeyID: "buildkey2025"} }

func newClient(domain string) *Client {
	return &Client{
		Domain: domain, ClientID: clientID, Roots: roots(), UserAgent: "credential-idcs/test",
		Now: time.Now, Rand: rand.Reader,
	}
}

// bound is when a test that hangs gives up.
func bound(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// quiet swallows what net/http's server says of handshakes that a test breaks off.
var quiet = log.New(io.Discard, "", 0)

// domain is an https server with one handler; requests counts what arrived.
type domain struct {
	*httptest.Server
	requests atomic.Int64
}

func newDomain(t testing.TB, h http.HandlerFunc) *domain {
	d := &domain{}
	d.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.requests.Add(1)
		h(w, r)
	}))
	d.TLS = &tls.Config{Certificates: []tls.Certificate{serverCertificate(t, nil)}}
	d.Config.ErrorLog = quiet
	d.StartTLS()
	t.Cleanup(d.Close)
	return d
}

// rawDomain gives each connection, after TLS, to behave, with the request already read. It stands
// for everything that net/http's server is too well-behaved to do.
type rawDomain struct {
	URL         string
	connections atomic.Int64
	requests    atomic.Int64
	done        chan struct{} // closed when the test ends: what hangs may go
	wg          sync.WaitGroup
}

func newRawDomain(t testing.TB, behave func(d *rawDomain, tcp *net.TCPConn, conn *tls.Conn)) *rawDomain {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &rawDomain{URL: "https://" + l.Addr().String(), done: make(chan struct{})}
	config := &tls.Config{Certificates: []tls.Certificate{serverCertificate(t, nil)}}
	d.wg.Go(func() {
		for {
			tcp, err := l.Accept()
			if err != nil {
				return
			}
			d.connections.Add(1)
			d.wg.Go(func() {
				defer tcp.Close()
				behave(d, tcp.(*net.TCPConn), tls.Server(tcp, config))
			})
		}
	})
	t.Cleanup(func() { close(d.done); l.Close(); d.wg.Wait() })
	return d
}

// read takes one request; further ones on the connection are counted too.
func (d *rawDomain) read(conn io.Reader) error {
	r, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return err
	}
	d.requests.Add(1)
	return nil
}

// reset makes the next Close send RST.
func reset(tcp *net.TCPConn) { _ = tcp.SetLinger(0) }

func refreshGrant() RefreshToken { return RefreshToken{Token: secret.New("AQIDBAUold-refresh-token=")} }

func asError(t testing.TB, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *Error", err)
	}
	return e
}

// expect fails unless err has that class and outcome.
func expect(t testing.TB, err error, c Class, o Outcome) *Error {
	t.Helper()
	e := asError(t, err)
	if !errors.Is(err, c) || e.Outcome != o {
		t.Fatalf("got class %q, outcome %v (%v; cause %v), want %q, %v", string(e.Class), e.Outcome, e, e.Err, string(c), o)
	}
	return e
}
