package idcs

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
)

// newSocks is a SOCKS5 proxy (RFC 1928, and 1929 where user is "NAME:PASSWORD@") that connects through,
// or refuses every request with a code above 0. It keeps the addresses that it was asked for.
func newSocks(t *testing.T, user string, code byte) *proxy {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return startProxy(t, l, "socks5://"+user, func(p *proxy, conn net.Conn) { p.socks(conn, code) })
}

func (p *proxy) socks(conn net.Conn, code byte) {
	take := func(n int) []byte {
		b := make([]byte, n)
		if _, err := io.ReadFull(conn, b); err != nil {
			return make([]byte, n)
		}
		return b
	}
	methods := take(int(take(2)[1]))
	want := byte(0)
	if p.url.User != nil {
		want = 2
	}
	if !bytes.Contains(methods, []byte{want}) {
		_, _ = conn.Write([]byte{5, 0xff})
		return
	}
	_, _ = conn.Write([]byte{5, want})
	if want == 2 {
		name := take(int(take(2)[1]))
		password := take(int(take(1)[0]))
		real, _ := p.url.User.Password()
		if string(name) != p.url.User.Username() || string(password) != real {
			_, _ = conn.Write([]byte{1, 1})
			return
		}
		_, _ = conn.Write([]byte{1, 0})
	}
	head, host := take(4), ""
	switch head[3] {
	case 1:
		host = net.IP(take(4)).String()
	case 3:
		host = string(take(int(take(1)[0])))
	case 4:
		host = net.IP(take(16)).String()
	}
	address := net.JoinHostPort(host, strconv.Itoa(int(binary.BigEndian.Uint16(take(2)))))
	p.mu.Lock()
	p.log.WriteString(address + "\n")
	p.mu.Unlock()
	_, _ = conn.Write([]byte{5, code, 0, 1, 0, 0, 0, 0, 0, 0})
	if code != 0 {
		return
	}
	to, err := net.Dial("tcp", strings.Replace(address, "domain.example.com", "127.0.0.1", 1))
	if err != nil {
		return
	}
	defer to.Close()
	p.wg.Go(func() { _, _ = io.Copy(to, conn); to.Close() })
	_, _ = io.Copy(conn, to)
}

// The proxy gets the domain's name and not its address: this machine may not be able to look it up.
func TestASocksProxyCarriesTheRequest(t *testing.T) {
	for _, scheme := range []string{"socks5", "socks5h"} {
		for _, user := range []string{"", "ana:pr%40xy-pass@"} {
			d, _ := recorder(t, 200, good)
			p := newSocks(t, user, 0)
			way := *p.url
			way.Scheme = scheme
			port := d.URL[strings.LastIndexByte(d.URL, ':'):]
			c := newClient(d.URL)
			c.Domain = "https://domain.example.com" + port
			c.Proxy = through(&way)
			_, err := c.Token(bound(t), refreshGrant(), nil)
			// The double's certificate is for 127.0.0.1, so it is as far as one can get with a name.
			if e := expect(t, err, ErrConfiguration, NotSent); !strings.Contains(e.Error(), "its certificate is for another host") {
				t.Fatalf("%s %s: %v", scheme, user, err)
			}
			c.Domain = d.URL
			if _, err := c.Token(bound(t), refreshGrant(), nil); err != nil {
				t.Fatalf("%s %s: %v", scheme, user, err)
			}
			if got, want := p.heard(), "domain.example.com"+port+"\n127.0.0.1"+port+"\n"; got != want {
				t.Errorf("the proxy heard %q, want %q", got, want)
			}
		}
	}
}
