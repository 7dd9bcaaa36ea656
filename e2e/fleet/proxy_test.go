//go:build linux

package fleet

import (
	"net"
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

func (w *wire) serve() {
	for {
		c, err := w.l.Accept()
		if err != nil {
			return
		}
		s, err := net.Dial("tcp", w.target)
		if err != nil {
			_ = c.Close()
			continue
		}
		w.mu.Lock()
		w.conns = append(w.conns, c, s)
		w.mu.Unlock()
		go w.pump(c, s)
		go w.pump(s, c)
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
