package wire

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// trusted is a certificate for 127.0.0.1 and who trusts it: net/http/httptest's.
func trusted() (tls.Certificate, *x509.CertPool) {
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return s.TLS.Certificates[0], pool
}

// A box stands before a server and sees each connection's first record.
type box struct {
	way         Way
	url         *url.URL
	connections atomic.Int64
	done        chan struct{}
	wg          sync.WaitGroup
}

// newBox lets pass judge the size of a hello: nil hands it on to a server that answers one request.
func newBox(t *testing.T, config *tls.Config, pass func(hello int, tcp *net.TCPConn, done <-chan struct{}) bool) *box {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cert, pool := trusted()
	if config == nil {
		config = &tls.Config{}
	}
	config.Certificates = []tls.Certificate{cert}
	b := &box{
		way:  Way{Who: "the domain", Roots: pool, Now: time.Now},
		url:  &url.URL{Scheme: "https", Host: l.Addr().String(), Path: "/"},
		done: make(chan struct{}),
	}
	b.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			b.connections.Add(1)
			b.wg.Go(func() {
				defer c.Close()
				head := make([]byte, 5)
				if _, err := io.ReadFull(c, head); err != nil {
					return
				}
				hello := make([]byte, int(head[3])<<8|int(head[4]))
				if _, err := io.ReadFull(c, hello); err != nil || !pass(len(hello), c.(*net.TCPConn), b.done) {
					return
				}
				server := tls.Server(&replayed{c, io.MultiReader(bytes.NewReader(append(head, hello...)), c)}, config)
				buf := make([]byte, 4096)
				if _, err := server.Read(buf); err == nil {
					io.WriteString(server, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
				}
			})
		}
	})
	t.Cleanup(func() { close(b.done); l.Close(); b.wg.Wait() })
	return b
}

type replayed struct {
	net.Conn
	in io.Reader
}

func (r *replayed) Read(b []byte) (int, error) { return r.in.Read(b) }

func (b *box) ask(t *testing.T) error {
	t.Helper()
	conn, err := b.way.Open(bound(t), b.url)
	if err != nil {
		return err
	}
	defer conn.Close()
	r, err := conn.Exchange(bound(t), []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
	if err == nil && string(r.Body) != "{}" {
		t.Errorf("got %q", r.Body)
	}
	return err
}

const tooLarge = 1400

// A box that doesn't like our hello for its size gets a small one, on a second connection: nothing has
// been sent by then.
func TestASmallHelloIsTriedWhereALargeOneIsCutOff(t *testing.T) {
	for name, refuse := range map[string]func(tcp *net.TCPConn, done <-chan struct{}){
		"by a reset": func(tcp *net.TCPConn, _ <-chan struct{}) { _ = tcp.SetLinger(0) },
		"by an end":  func(*net.TCPConn, <-chan struct{}) {},
		"by an alert": func(tcp *net.TCPConn, _ <-chan struct{}) {
			_, _ = tcp.Write([]byte{21, 3, 3, 0, 2, 2, 50}) // decode_error
		},
		"by silence": func(_ *net.TCPConn, done <-chan struct{}) { <-done },
	} {
		t.Run(name, func(t *testing.T) {
			var sizes []int
			var mu sync.Mutex
			b := newBox(t, nil, func(hello int, tcp *net.TCPConn, done <-chan struct{}) bool {
				mu.Lock()
				sizes = append(sizes, hello)
				mu.Unlock()
				if hello > tooLarge {
					refuse(tcp, done)
					return false
				}
				return true
			})
			b.way.hush = 20 * time.Millisecond
			if err := b.ask(t); err != nil {
				t.Error(err)
			}
			if len(sizes) != 2 || sizes[0] <= tooLarge || sizes[1] > 600 {
				t.Errorf("hellos of %d bytes", sizes)
			}
		})
	}
}

// A server that is only slow is still listened to: the first hello may be answered after the second.
func TestASlowServerIsListenedTo(t *testing.T) {
	second := make(chan struct{})
	var n atomic.Int64
	b := newBox(t, nil, func(_ int, _ *net.TCPConn, done <-chan struct{}) bool {
		if n.Add(1) == 2 {
			close(second)
			<-done
			return false
		}
		<-second
		return true
	})
	b.way.hush = 20 * time.Millisecond
	if err := b.ask(t); err != nil {
		t.Error(err)
	}
}

// What can't be mended by a small hello is asked once, and every refusal says what it was.
func TestWhyThereIsNoConnection(t *testing.T) {
	ends := func(int, *net.TCPConn, <-chan struct{}) bool { return false }
	says := func(b ...byte) func(int, *net.TCPConn, <-chan struct{}) bool {
		return func(_ int, tcp *net.TCPConn, _ <-chan struct{}) bool { _, _ = tcp.Write(b); return false }
	}
	passes := func(int, *net.TCPConn, <-chan struct{}) bool { return true }
	for _, tt := range []struct {
		name        string
		config      *tls.Config
		pass        func(int, *net.TCPConn, <-chan struct{}) bool
		want        string
		connections int64
	}{
		{"ended", nil, ends, "no connection (cut off before TLS stood)", 2},
		{"reset", nil, func(_ int, tcp *net.TCPConn, _ <-chan struct{}) bool { _ = tcp.SetLinger(0); return false },
			"no connection (" + syscall.ECONNRESET.Error() + ")", 2},
		{"alert", nil, says(21, 3, 3, 0, 2, 2, 40), "no connection (it ended TLS with the alert: handshake failure)", 2},
		{"access denied", nil, says(21, 3, 3, 0, 2, 2, 49), "no connection (it ended TLS with the alert: access denied)", 2},
		{"HTTP/2 only", nil, says(21, 3, 3, 0, 2, 2, 120), "it speaks HTTP/2 only", 1},
		{"old TLS", &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, passes, "it speaks no TLS 1.2 or later", 1},
		{"no TLS", nil, says([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")...), "it doesn't speak TLS", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.name == "reset" {
				need.Unix(t, "Wine has texts of its own for sockets")
			}
			b := newBox(t, tt.config, tt.pass)
			err := b.ask(t)
			var e *Error
			if !errors.As(err, &e) || e.Sent || e.Error() != "the domain "+b.url.Host+": "+tt.want {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if n := b.connections.Load(); n != tt.connections {
				t.Errorf("%d connections, want %d", n, tt.connections)
			}
		})
	}
}

// A server that speaks HTTP/2 whatever was agreed on is told by its first frame, of which no line comes.
func TestAnswersInHTTP2AreTold(t *testing.T) {
	b := newBox(t, nil, func(int, *net.TCPConn, <-chan struct{}) bool { return true })
	opened, err := b.way.Open(bound(t), b.url)
	if err != nil {
		t.Fatal(err)
	}
	opened.Close()
	conn := said{in: bytes.NewReader([]byte{0, 0, 18, 4, 0, 0, 0, 0, 0})}
	_, err = b.way.newConn(conn, conn).Exchange(context.Background(), nil)
	var e *Error
	if !errors.As(err, &e) || !e.Sent || !strings.Contains(e.Error(), "HTTP/2") {
		t.Errorf("got %v", err)
	}
}

// A proxy that can't be talked to by any password is told apart from one that wants another.
func TestProxiesThatWantWhatNobodyHas(t *testing.T) {
	for _, tt := range []struct {
		header  []string
		suspect bool
		want    string
	}{
		{[]string{"NTLM"}, true, " needs NTLM, and only Basic is supported (407)"},
		{[]string{"Negotiate", "NTLM"}, true, " needs Negotiate or NTLM, and only Basic is supported (407)"},
		{[]string{"Negotiate, NTLM"}, true, " needs Negotiate or NTLM, and only Basic is supported (407)"},
		{[]string{`Digest realm="a", nonce="b"`}, true, " needs Digest, and only Basic is supported (407)"},
		{[]string{"NTLM", `basic realm="x"`}, false, " needs another user name and password (407)"},
		{nil, false, " needs another user name and password (407)"},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Proxy-Authenticate"] = tt.header
			w.WriteHeader(http.StatusProxyAuthRequired)
		}))
		proxy, _ := url.Parse(s.URL)
		w := Way{Who: "the domain", Now: time.Now, Proxy: func(*url.URL) (*url.URL, error) { return proxy, nil }}
		_, err := w.Open(bound(t), &url.URL{Scheme: "https", Host: "domain.example.com"})
		s.Close()
		var e *Error
		if !errors.As(err, &e) || e.Suspect != tt.suspect || e.Settings || e.Error() != "the proxy "+proxy.Host+tt.want {
			t.Errorf("%q: got %+v", tt.header, err)
		}
	}
}
