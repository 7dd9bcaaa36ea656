package idcs

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/wire"
)

// through is a Client.Proxy that always says u.
func through(u *url.URL) func(*url.URL) (*url.URL, error) {
	return func(*url.URL) (*url.URL, error) { return u, nil }
}

// proxy is a CONNECT proxy that keeps what it is told.
type proxy struct {
	url *url.URL
	mu  sync.Mutex
	log strings.Builder
	wg  sync.WaitGroup
}

func (p *proxy) heard() string { p.mu.Lock(); defer p.mu.Unlock(); return p.log.String() }

// newProxy answers with answer, and connects through if that is a 2xx.
func newProxy(t *testing.T, scheme, user, answer string) *proxy {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if scheme == "https" {
		l = tls.NewListener(l, withCertificate(nil)(t))
	}
	return startProxy(t, l, scheme+"://"+user, func(p *proxy, conn net.Conn) { p.serve(conn, answer) })
}

// startProxy serves each connection of l, whose address follows prefix in the proxy's URL.
func startProxy(t *testing.T, l net.Listener, prefix string, serve func(*proxy, net.Conn)) *proxy {
	u, err := url.Parse(prefix + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{url: u}
	t.Cleanup(func() { l.Close(); p.wg.Wait() })
	p.wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			p.wg.Go(func() {
				defer conn.Close()
				serve(p, conn)
			})
		}
	})
	return p
}

func (p *proxy) serve(conn net.Conn, answer string) {
	br := bufio.NewReader(conn)
	r, err := http.ReadRequest(br)
	if err != nil {
		return
	}
	p.mu.Lock()
	fmt.Fprintf(&p.log, "%s %s\n", r.Method, r.RequestURI)
	r.Header.Write(&p.log)
	p.mu.Unlock()
	io.WriteString(conn, answer)
	if !strings.HasPrefix(answer, "HTTP/1.1 2") {
		return
	}
	to, err := net.Dial("tcp", r.RequestURI)
	if err != nil {
		return
	}
	defer to.Close()
	p.wg.Go(func() { io.Copy(to, br); to.Close() })
	io.Copy(conn, to)
}

const established = "HTTP/1.1 200 Connection established\r\n\r\n"

func TestProxiesCarryTheRequestUnseen(t *testing.T) {
	for _, scheme := range []string{"http", "https"} {
		for _, user := range []string{"", "ana:pr%40xy-pass@"} {
			d, s := recorder(t, 200, good)
			p := newProxy(t, scheme, user, established)
			c := newClient(d.URL)
			c.Proxy = through(p.url)
			if _, err := c.Token(bound(t), refreshGrant(), nil); err != nil {
				t.Fatalf("%s %s: %v", scheme, user, err)
			}
			if d.requests.Load() != 1 || s.header.Get("Proxy-Authorization") != "" {
				t.Errorf("%d requests, headers %v", d.requests.Load(), s.header)
			}
			want := "CONNECT " + strings.TrimPrefix(d.URL, "https://") + "\n"
			if user != "" {
				want += "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("ana:pr@xy-pass")) + "\r\n"
			}
			want += "User-Agent: credential-idcs/test\r\n"
			if got := p.heard(); got != want {
				t.Errorf("the proxy heard %q, want %q", got, want)
			}
		}
	}
}

// The proxy's password stands in no error, in whatever way it is printed.
func TestProxyFailuresSendNothing(t *testing.T) {
	d, _ := recorder(t, 200, good)
	const user = "ana:pr0xy-pass@"
	refused := func(answer string) func(*testing.T) *url.URL {
		return func(t *testing.T) *url.URL { return newProxy(t, "http", user, answer).url }
	}
	at := func(s string) func(*testing.T) *url.URL {
		return func(t *testing.T) *url.URL {
			u, err := url.Parse(s)
			if err != nil {
				t.Fatal(err)
			}
			return u
		}
	}
	for _, tt := range []struct {
		name  string
		proxy func(*testing.T) *url.URL
		class Class
		want  string
	}{
		{"407", refused("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n"), ErrLater, "(407)"},
		{"403", refused("HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nbody"), ErrLater, "refused to connect (403)"},
		{"redirect", refused("HTTP/1.1 302 Found\r\nLocation: https://evil.example.com/\r\n\r\n"), ErrLater, "(302)"},
		{"garbage", refused("pr0xy-pass\r\n\r\n"), ErrLater, "no answer that could be understood"},
		{"closed", refused(""), ErrLater, "no answer that could be understood"},
		{"says more", refused(established + "more"), ErrLater, "more than its answer"},
		{"down", at("http://" + user + "127.0.0.1:1"), ErrLater, "the proxy 127.0.0.1:1: connection refused"},
		{"https asked of a plain one", func(t *testing.T) *url.URL {
			u := *newProxy(t, "http", user, established).url
			u.Scheme = "https"
			return &u
		}, ErrLater, "no connection"},
		{"socks4", at("socks4://" + user + "127.0.0.1:1080"), ErrConfiguration, `a proxy of the kind "socks4" isn't supported, only http, https and socks5`},
		{"socks5, down", at("socks5://" + user + "127.0.0.1:1"), ErrLater, "the proxy 127.0.0.1:1: connection refused"},
		{"socks5 asked of another", func(t *testing.T) *url.URL {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { l.Close() })
			go func() {
				if conn, err := l.Accept(); err == nil {
					io.WriteString(conn, "220 pr0xy-pass\r\n")
					conn.Close()
				}
			}()
			return at("socks5://" + user + l.Addr().String())(t)
		}, ErrLater, "refused to connect, or doesn't speak SOCKS5"},
		{"socks5, refused", func(t *testing.T) *url.URL { return newSocks(t, user, 5).url }, ErrLater, "refused to connect"},
		{"socks5, another password", func(t *testing.T) *url.URL {
			u := *newSocks(t, "ana:other@", 0).url
			u.User = url.UserPassword("ana", "pr0xy-pass")
			return &u
		}, ErrLater, "refused to connect"},
		{"password with /", at("http://ana:12345/pr0xy-pass@127.0.0.1:1"), ErrConfiguration, "can't be read"},
		{"password with ?", at("http://ana:12345?pr0xy-pass@127.0.0.1:1"), ErrConfiguration, "can't be read"},
		{"password with #", at("http://ana:12345#pr0xy-pass@127.0.0.1:1"), ErrConfiguration, "can't be read"},
		{"no host", at("http://" + user + ":3128"), ErrConfiguration, "no host"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newClient(d.URL)
			c.Proxy = through(tt.proxy(t))
			_, err := c.Token(bound(t), refreshGrant(), func() error { t.Error("sending was called"); return nil })
			e := expect(t, err, tt.class, NotSent)
			if !strings.Contains(e.Error(), tt.want) {
				t.Errorf("got %q, want %q in it", e, tt.want)
			}
			if all := fmt.Sprintf("%v %+v %#v %v", err, err, err, e.Err); strings.Contains(all, "pr0xy-pass") || strings.Contains(all, "12345") {
				t.Errorf("the password is in %s", all)
			}
		})
	}
	c := newClient(d.URL)
	c.Proxy = func(*url.URL) (*url.URL, error) {
		return nil, errors.New("invalid proxy address http://ana:pr0xy-pass@")
	}
	_, err := c.Token(bound(t), refreshGrant(), nil)
	if e := expect(t, err, ErrConfiguration, NotSent); e.Error() != "the proxy's address can't be read" || e.Err != nil {
		t.Errorf("got %v, %v", e, e.Err)
	}
	c.Proxy = func(*url.URL) (*url.URL, error) { return nil, &wire.ProxyError{Variable: "X", Problem: "holds quotes"} }
	_, err = c.Token(bound(t), refreshGrant(), nil)
	if e := expect(t, err, ErrConfiguration, NotSent); e.Error() != "the variable X holds quotes" {
		t.Errorf("got %v", e)
	}
	if n := d.requests.Load(); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// A proxy that hangs, or ends what it has connected, is named: the domain may have nothing to do with it.
func TestProxyOnTheWayIsNamed(t *testing.T) {
	d, _ := recorder(t, 200, good)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() // what it has accepted, it leaves alone
	for _, tt := range []struct{ name, proxy, want string }{
		{"hangs", "http://ana:pr0xy-pass@" + l.Addr().String(), "no connection to the domain within 50ms, through the proxy "},
		{"connects to nothing", newProxyTo(t, established), "the domain " + strings.TrimPrefix(d.URL, "https://") + ", through the proxy "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u, err := url.Parse(tt.proxy)
			if err != nil {
				t.Fatal(err)
			}
			c := newClient(d.URL)
			c.Proxy = through(u)
			if tt.name == "hangs" {
				c.Connect = 50 * time.Millisecond
			}
			_, err = c.Token(bound(t), refreshGrant(), func() error { t.Error("sending was called"); return nil })
			if e := expect(t, err, ErrLater, NotSent); !strings.HasPrefix(e.Error(), tt.want+u.Host) {
				t.Errorf("got %q, want %q", e, tt.want+u.Host)
			}
		})
	}
}

// newProxyTo is a proxy that gives an answer and hangs up.
func newProxyTo(t *testing.T, answer string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				io.WriteString(conn, answer)
			}
			conn.Close()
		}
	}()
	return "http://" + l.Addr().String()
}

// A proxy with a certificate of nobody's is a setting to mend, as with the domain itself.
func TestProxyCertificateIsChecked(t *testing.T) {
	d, _ := recorder(t, 200, good)
	p := newProxy(t, "https", "", established)
	c := newClient(d.URL)
	c.Roots = x509.NewCertPool()
	c.Proxy = through(p.url)
	_, err := c.Token(bound(t), refreshGrant(), nil)
	e := expect(t, err, ErrConfiguration, NotSent)
	if !strings.HasPrefix(e.Error(), "the proxy 127.0.0.1:") || p.heard() != "" {
		t.Errorf("got %q; the proxy heard %q", e, p.heard())
	}
}

func TestInterruptWhileTheProxyHangs(t *testing.T) {
	ctx, cancel := context.WithCancel(bound(t))
	d := newRawDomain(t, func(d *rawDomain, tcp *net.TCPConn, _ *tls.Conn) {
		io.CopyN(io.Discard, tcp, 20)
		cancel()
		<-d.done
	})
	c := newClient("https://domain.example.com")
	u, _ := url.Parse("http" + strings.TrimPrefix(d.URL, "https"))
	c.Proxy = through(u)
	_, err := c.Token(ctx, refreshGrant(), nil)
	expect(t, err, ErrLater, NotSent)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
