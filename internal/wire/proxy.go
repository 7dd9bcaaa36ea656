package wire

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	socks "golang.org/x/net/proxy"

	"github.com/credential-idcs/credential-idcs/internal/text"
)

// A ProxyError is what is wrong with a variable for a proxy. It quotes nothing of the value.
type ProxyError struct {
	Variable string
	Problem  string // "holds quotes"
}

func (e *ProxyError) Error() string { return "the variable " + e.Variable + " " + e.Problem }

// Example is a value as the variable should have.
func (e *ProxyError) Example() string {
	if strings.EqualFold(e.Variable, "NO_PROXY") {
		return "HOST,.DOMAIN"
	}
	return "http://HOST:PORT"
}

// ErrProxyUser is returned if a proxy demands a user name and password, or other ones.
var ErrProxyUser = errors.New("the proxy needs another user name and password")

// proxyFor asks the caller for the proxy. Errors never quote its URL, which may hold a password.
func (w *Way) proxyFor(u *url.URL) (*url.URL, error) {
	if w.Proxy == nil {
		return nil, nil
	}
	p, err := w.Proxy(u)
	if said, ok := err.(*ProxyError); ok { //nolint:errorlint // what is around one may quote anything
		return nil, refuse(said.Error(), said)
	}
	if err != nil {
		return nil, refuse("the proxy's address can't be read", nil)
	}
	if p == nil {
		return nil, nil
	}
	switch p.Scheme {
	case "http", "https", "socks5", "socks5h":
	default:
		e := refuse("a proxy of the kind "+strconv.Quote(text.Clean(p.Scheme))+" isn't supported, only http, https and socks5", nil)
		e.Unsupported = true
		return nil, e
	}
	if strings.Contains(p.Path+"?"+p.RawQuery+"#"+p.Fragment, "@") {
		// A "/", "?" or "#" in the password that isn't escaped: what stands for the host is its beginning.
		return nil, refuse("the proxy's address can't be read (is a / ? or # of its password escaped)", nil)
	}
	if p.Hostname() == "" {
		return nil, refuse("the proxy's address has no host", nil)
	}
	return p, nil
}

func proxyName(p *url.URL) string { return "the proxy " + text.Clean(p.Host) }

// through is the way through a proxy, of whatever kind, up to where TLS with the host begins.
func (w *Way) through(ctx context.Context, tcp net.Conn, proxy *url.URL, to string) (net.Conn, error) {
	if strings.HasPrefix(proxy.Scheme, "socks5") {
		return w.socks(ctx, tcp, proxy, to)
	}
	return w.tunnel(ctx, tcp, proxy, to)
}

// tunnel asks a proxy to connect us to the domain (RFC 9110 9.3.6) and returns the way through it.
// The proxy learns host and port and nothing else: TLS begins behind it.
func (w *Way) tunnel(ctx context.Context, tcp net.Conn, proxy *url.URL, to string) (net.Conn, error) {
	way := tcp
	if proxy.Scheme == "https" {
		conn := tls.Client(tcp, w.tls(proxy))
		if err := conn.HandshakeContext(ctx); err != nil {
			return nil, w.connectError(proxyName(proxy), err)
		}
		way = conn
	}
	stop := context.AfterFunc(ctx, func() { _ = tcp.SetDeadline(past) })
	defer stop()
	head := "CONNECT " + to + " HTTP/1.1\r\nHost: " + to + "\r\n"
	if w.UserAgent != "" {
		head += "User-Agent: " + w.UserAgent + "\r\n"
	}
	if proxy.User != nil {
		password, _ := proxy.User.Password()
		pair := base64.StdEncoding.EncodeToString([]byte(proxy.User.Username() + ":" + password))
		head += "Proxy-Authorization: Basic " + pair + "\r\n"
	}
	if _, err := io.WriteString(way, head+"\r\n"); err != nil {
		return nil, w.connectError(proxyName(proxy), err)
	}
	br := bufio.NewReader(&io.LimitedReader{R: way, N: headerLimit})
	resp, err := readHead(br)
	if err != nil {
		return nil, unreachable(proxyName(proxy)+" gave no answer that could be understood", nil)
	}
	wants := challenges(resp.header)
	switch {
	case resp.status == http.StatusProxyAuthRequired && wants != "":
		e := unreachable(proxyName(proxy)+" needs "+wants+", and only Basic is supported (407)", nil)
		e.Suspect = true
		return nil, e
	case resp.status == http.StatusProxyAuthRequired:
		return nil, unreachable(proxyName(proxy)+" needs another user name and password (407)", ErrProxyUser)
	case resp.status/100 != 2:
		return nil, unreachable(proxyName(proxy)+" refused to connect ("+strconv.Itoa(resp.status)+")", nil)
	case br.Buffered() > 0: // the domain doesn't speak before we do
		return nil, unreachable(proxyName(proxy)+" sent more than its answer", nil)
	}
	return way, nil
}

// challenges are the authentication schemes that a proxy accepts, "Negotiate or NTLM"; empty if Basic is among them.
func challenges(h http.Header) string {
	var schemes []string
	for _, v := range h["Proxy-Authenticate"] {
		for item := range strings.SplitSeq(v, ",") {
			scheme, _, _ := strings.Cut(strings.TrimSpace(item), " ")
			switch {
			case strings.EqualFold(scheme, "Basic"):
				return ""
			case scheme != "" && !strings.Contains(scheme, "="):
				schemes = append(schemes, text.Clean(scheme))
			}
		}
	}
	return strings.Join(schemes, " or ")
}

// socks connects by SOCKS5 (RFC 1928), with a name and a password (RFC 1929) if the address has them. The proxy looks the
// host's name up, with socks5 as with socks5h.
func (w *Way) socks(ctx context.Context, tcp net.Conn, proxy *url.URL, to string) (net.Conn, error) {
	var auth *socks.Auth
	if proxy.User != nil {
		password, _ := proxy.User.Password()
		auth = &socks.Auth{User: proxy.User.Username(), Password: password}
	}
	d, err := socks.SOCKS5("tcp", authority(proxy), auth, connected{tcp})
	if err != nil {
		return nil, unreachable(proxyName(proxy)+" can't be used", err)
	}
	way, err := d.(socks.ContextDialer).DialContext(ctx, "tcp", to)
	if err != nil {
		return nil, unreachable(proxyName(proxy)+" refused to connect, or doesn't speak SOCKS5", err)
	}
	return way, nil
}

// connected is a dialer that returns an open connection.
type connected struct{ net.Conn }

func (c connected) Dial(string, string) (net.Conn, error) { return c.Conn, nil }
