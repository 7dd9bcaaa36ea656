//go:build linux

package fleet

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"testing"
)

// A wire is a way to the API server that can be cut: then bytes go nowhere, and nobody is told.
type wire struct {
	url    string
	target string
	l      net.Listener
	mu     sync.Mutex
	cut    bool
	conns  []net.Conn
}

func newWire(t testing.TB, to string) *wire {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{target: u.Host}
	if w.l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	w.url = "https://" + w.l.Addr().String()
	go w.serve()
	t.Cleanup(func() {
		_ = w.l.Close()
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, c := range w.conns {
			_ = c.Close()
		}
	})
	return w
}

// newTunnel is a wire to wherever a client says: an HTTP proxy, by CONNECT.
func newTunnel(t testing.TB) *wire {
	t.Helper()
	w := newWire(t, "tunnel://")
	w.url = "http://" + w.l.Addr().String()
	return w
}

// dial is the way on: to the wire's one end, or where the client of a tunnel wants to.
func (w *wire) dial(c net.Conn) (net.Conn, error) {
	target := w.target
	if target == "" {
		r, err := http.ReadRequest(bufio.NewReader(c)) // it waits for our answer before it sends more
		if err != nil {
			return nil, err
		}
		target = r.Host
		if _, err := io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n"); err != nil {
			return nil, err
		}
	}
	return net.Dial("tcp", target)
}

func (w *wire) serve() {
	for {
		c, err := w.l.Accept()
		if err != nil {
			return
		}
		w.mu.Lock()
		w.conns = append(w.conns, c)
		w.mu.Unlock()
		go func() {
			s, err := w.dial(c)
			if err != nil {
				_ = c.Close()
				return
			}
			w.mu.Lock()
			w.conns = append(w.conns, s)
			w.mu.Unlock()
			go w.pump(c, s)
			w.pump(s, c)
		}()
	}
}

// pump carries bytes, or drops them while the wire is cut.
func (w *wire) pump(to, from net.Conn) {
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		w.mu.Lock()
		cut := w.cut
		w.mu.Unlock()
		if !cut && n > 0 {
			if _, err := to.Write(b[:n]); err != nil {
				break
			}
		}
		if err != nil {
			break
		}
	}
	_ = to.Close()
}

func (w *wire) setCut(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
}
