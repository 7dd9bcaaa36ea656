package idcs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"
)

// No byte of a request reaches a server that can't be trusted.
func TestUntrustedServersHearNothing(t *testing.T) {
	selfSigned := func(t *testing.T) tls.Certificate {
		key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		c := &x509.Certificate{SerialNumber: big.NewInt(3), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
			IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
		der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
		if err != nil {
			t.Fatal(err)
		}
		return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	}
	for _, tt := range []struct {
		name   string
		config func(*testing.T) *tls.Config
		edit   func(*Client)
		want   string
	}{
		{"expired", withCertificate(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }), nil, "expired by this machine's clock (20"},
		{"not yet valid", withCertificate(func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) }), nil, "isn't valid yet by this machine's clock (20"},
		{"clock of 1970", withCertificate(nil), func(c *Client) { c.Now = func() time.Time { return time.Unix(9, 0) } }, "isn't valid yet by this machine's clock (1970-01-01 "},
		{"another host", withCertificate(func(c *x509.Certificate) { c.IPAddresses = nil; c.DNSNames = []string{"evil\x1b[2J.example.com"} }), nil, "another host"},
		{"for clients", withCertificate(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }), nil, "isn't valid"},
		{"self-signed", func(t *testing.T) *tls.Config { return &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}} }, nil, "trusted authority"},
		{"another authority", withCertificate(nil), func(c *Client) { c.Roots = x509.NewCertPool() }, "trusted authority"},
		{"the system's authorities", withCertificate(nil), func(c *Client) { c.Roots = nil }, "trusted authorit"},
		{"TLS 1.1", func(t *testing.T) *tls.Config {
			c := withCertificate(nil)(t)
			c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
			return c
		}, nil, "TLS 1.2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, err := tls.Listen("tcp", "127.0.0.1:0", tt.config(t))
			if err != nil {
				t.Fatal(err)
			}
			heard := make(chan int64, 1)
			go func() {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				defer conn.Close()
				n, _ := io.Copy(io.Discard, conn) // what came through TLS
				heard <- n
			}()
			defer l.Close()
			c := newClient("https://" + l.Addr().String())
			if tt.edit != nil {
				tt.edit(c)
			}
			_, err = c.Token(bound(t), refreshGrant(), func() error { t.Error("sending was called"); return nil })
			e := expect(t, err, ErrConfiguration, NotSent)
			if !strings.Contains(e.Error(), tt.want) || strings.ContainsRune(e.Error(), 0x1b) {
				t.Errorf("got %q, want %q in it", e, tt.want)
			}
			if n := <-heard; n != 0 {
				t.Errorf("%d bytes arrived", n)
			}
		})
	}
}

func withCertificate(edit func(*x509.Certificate)) func(*testing.T) *tls.Config {
	return func(t *testing.T) *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{serverCertificate(t, edit)}}
	}
}

func TestOldVersionChosenByTheServer(t *testing.T) {
	// A ServerHello of TLS 1.0 by hand: Go's own server would send an alert instead.
	hello := append([]byte{3, 1}, make([]byte, 32)...) // version, random
	hello = append(hello, 0, 0xc0, 0x09, 0)            // no session, a cipher suite, no compression
	body := append([]byte{2, 0, 0, byte(len(hello))}, hello...)
	record := append([]byte{22, 3, 1, 0, byte(len(body))}, body...)
	err := connectTo(t, string(record))
	expect(t, err, ErrConfiguration, NotSent)
}

func TestAServerWithoutTLS(t *testing.T) {
	expect(t, connectTo(t, "HTTP/1.1 400 Bad Request\r\n\r\n"), ErrLater, NotSent)
}

// connectTo asks a server that says one thing and no more.
func connectTo(t *testing.T, says string) error {
	d := newRawDomain(t, func(d *rawDomain, tcp *net.TCPConn, _ *tls.Conn) {
		io.CopyN(io.Discard, tcp, 5)
		io.WriteString(tcp, says)
		<-d.done
	})
	_, err := newClient(d.URL).Token(bound(t), refreshGrant(), nil)
	return err
}

func TestNoSuchHost(t *testing.T) {
	_, err := newClient("https://no-such-domain.invalid").Token(bound(t), refreshGrant(), nil)
	e := expect(t, err, ErrLater, NotSent)
	if !strings.HasPrefix(e.Error(), "the domain no-such-domain.invalid: ") {
		t.Errorf("got %q", e)
	}
}
