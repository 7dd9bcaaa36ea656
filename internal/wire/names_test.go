package wire

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// A query is what a name server reads of one (RFC 1035 4.1).
type query struct {
	id       []byte
	question []byte // name, type, class
	address  bool   // it asks for an IPv4 address
	option   bool   // with EDNS0
}

// nameServer answers over UDP as answer says, nil for not at all, and is where the resolver asks.
func nameServer(t *testing.T, answer func(q query, nth int64) []byte) *net.Resolver {
	t.Helper()
	need.Unix(t, "Go looks names up in another way there, and Wine refuses the socket")
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		var asked int64
		for b := make([]byte, 4096); ; {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			end := 12
			for b[end] != 0 {
				end += 1 + int(b[end])
			}
			end += 5
			asked++
			q := query{b[:2], b[12:end], b[end-3] == 1, n > end}
			if a := answer(q, asked); a != nil {
				_, _ = c.WriteTo(a, from)
			}
		}
	}()
	r := resolver(func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, c.LocalAddr().String())
	})
	r.PreferGo = true // as in a program without cgo
	return r
}

// found answers 192.0.2.7, or that there is nothing of another type.
func (q query) found() []byte {
	a := append(append([]byte(nil), q.id...), 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0)
	a = append(a, q.question...)
	if q.address {
		a[7] = 1
		a = append(a, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 7)
	}
	return a
}

// refused answers a code without even the question.
func (q query) refused(code byte) []byte {
	return append(append([]byte(nil), q.id...), 0x81, 0x80|code, 0, 0, 0, 0, 0, 0, 0, 0)
}

// A name server from before EDNS0 says that it doesn't understand: it is asked without.
func TestANameServerWithoutEDNS0IsAskedWithoutIt(t *testing.T) {
	for _, code := range []byte{1, 4} { // FORMERR, NOTIMP
		var with, without asked
		r := nameServer(t, func(q query, _ int64) []byte {
			if q.option {
				with.add(q)
				return q.refused(code)
			}
			without.add(q)
			return q.found()
		})
		addresses, err := r.LookupHost(bound(t), "domain.example.com.")
		if err != nil || len(addresses) != 1 || addresses[0] != "192.0.2.7" {
			t.Errorf("%d: got %v, %v", code, addresses, err)
		}
		if with.count() != 2 || without.count() != 2 { // A and AAAA
			t.Errorf("%d: asked %d times with the option and %d times without", code, with.count(), without.count())
		}
	}
}

// One that says so of everything ends the lookup.
func TestANameServerThatUnderstandsNothing(t *testing.T) {
	r := nameServer(t, func(q query, _ int64) []byte { return q.refused(1) })
	_, err := r.LookupHost(bound(t), "domain.example.com.")
	var dns *net.DNSError
	if !errors.As(err, &dns) || dns.IsTimeout {
		t.Errorf("got %v", err)
	}
}

// A lost packet is sent again before Go's resolver gives a server up: its next query has another number.
func TestALostPacketIsSentAgain(t *testing.T) {
	var all asked
	r := nameServer(t, func(q query, nth int64) []byte {
		all.add(q)
		if nth <= 2 {
			return nil
		}
		return q.found()
	})
	if addresses, err := r.LookupHost(bound(t), "domain.example.com."); err != nil || len(addresses) != 1 {
		t.Errorf("got %v, %v", addresses, err)
	}
	if n := all.count(); n != 2 { // A and AAAA
		t.Errorf("%d queries, want 2", n)
	}
}

// Asked are queries, each counted once however often it was sent.
type asked struct {
	mu  sync.Mutex
	ids map[string]bool
}

func (a *asked) add(q query) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ids == nil {
		a.ids = map[string]bool{}
	}
	a.ids[string(q.id)] = true
}

func (a *asked) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.ids)
}
