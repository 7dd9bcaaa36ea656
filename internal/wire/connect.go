package wire

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/text"
)

// A Way is how a host is reached.
type Way struct {
	// Who is the host's name in messages, such as "the domain"; its address follows. Empty: the address alone.
	Who string
	// Roots are the authorities for the host (and an https proxy); nil: the system's.
	Roots *x509.CertPool
	// Proxy returns the proxy for a URL (http, https or socks5, perhaps with user and password), nil for none. A nil
	// Proxy is none, too. Of its errors only a ProxyError is shown: others may quote a password.
	Proxy func(*url.URL) (*url.URL, error)
	// Connect bounds name lookup, proxy, TCP and TLS together, by the wall clock. 0: only the
	// context does.
	Connect   time.Duration
	UserAgent string // sent to a proxy; empty: none is sent
	Now       func() time.Time

	hush time.Duration // 0: the constant
}

// A Conn is an open connection: TLS to the host, perhaps through a proxy. It isn't meant for
// several goroutines.
type Conn struct {
	conn net.Conn
	in   *bufio.Reader
	left *io.LimitedReader // what in reads from
	tcp  net.Conn
	now  func() time.Time
	leaf *x509.Certificate // the host's; nil without TLS
	// spent: it can carry no further request.
	spent bool
}

// Close closes the connection at once, without TLS's close_notify: that may block for seconds if the host reads nothing.
//
//go:noinline
func (c *Conn) Close() { _ = c.tcp.Close() }

// past is a deadline that makes all reads and writes of a connection return.
var past = time.Unix(1, 0)

// Open looks the host up, connects and does the TLS handshake; nothing of the request is sent. Several addresses of a
// name may be tried. Every error is an *Error.
//
// Plain http is allowed only to this machine and to a cloud's metadata service, and never uses a proxy.
func (w *Way) Open(ctx context.Context, u *url.URL) (*Conn, error) {
	if ctx.Err() != nil {
		return nil, Interrupted(ctx)
	}
	limited := ctx
	if w.Connect > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, w.Connect)
		defer cancel()
	}
	c, err := w.dial(limited, u)
	if err == nil {
		return c, nil
	}
	var e *Error
	var timeout net.Error // a dialer may notice the limit a moment before limited ends
	switch {
	case ctx.Err() != nil:
		return nil, Interrupted(ctx)
	case limited.Err() != nil, w.Connect > 0 && errors.As(err, &timeout) && timeout.Timeout():
		cause := "no connection to " + w.Who + " within " + w.Connect.String()
		if w.Who == "" {
			cause = text.Clean(u.Host) + ": no connection within " + w.Connect.String()
		}
		if _, ok := errors.AsType[*net.DNSError](err); ok {
			cause += ": its name can't be looked up"
		}
		return nil, unreachable(cause+w.via(u), err)
	case errors.As(err, &e):
		return nil, e
	}
	return nil, w.connectError(w.name(u)+w.via(u), err)
}

// via is the proxy on the way to a host, for messages: the proxy may be the cause of an error as well as the host.
func (w *Way) via(u *url.URL) string {
	if u.Scheme != "https" {
		return ""
	}
	p, err := w.proxyFor(u)
	if err != nil || p == nil {
		return ""
	}
	return ", through " + proxyName(p)
}

// name is the host, for messages.
func (w *Way) name(u *url.URL) string { return strings.TrimSpace(w.Who + " " + text.Clean(u.Host)) }

func (w *Way) dial(ctx context.Context, u *url.URL) (*Conn, error) {
	if u.Scheme == "http" {
		return w.plain(ctx, u)
	}
	proxy, err := w.proxyFor(u)
	if err != nil {
		return nil, err
	}
	return w.secure(ctx, u, proxy)
}

// tcp looks up and dials.
func (w *Way) tcp(ctx context.Context, u *url.URL) (net.Conn, error) {
	d := net.Dialer{
		KeepAlive: -1, // one request: nothing to keep alive
		Resolver:  resolver(new(net.Dialer).DialContext),
	}
	return d.DialContext(ctx, "tcp", authority(u))
}

func (w *Way) newConn(conn, tcp net.Conn) *Conn {
	left := &io.LimitedReader{R: conn}
	c := &Conn{conn: conn, in: bufio.NewReader(left), left: left, tcp: tcp, now: w.Now}
	if secure, ok := conn.(*tls.Conn); ok {
		c.leaf = secure.ConnectionState().PeerCertificates[0]
	}
	return c
}

// metadata is the address of the clouds' metadata service, which is link-local.
var metadata = netip.AddrFrom4([4]byte{169, 254, 169, 254})

func (w *Way) plain(ctx context.Context, u *url.URL) (*Conn, error) {
	a, err := netip.ParseAddr(u.Hostname())
	if err != nil || !a.IsLoopback() && a != metadata {
		return nil, refuse(w.name(u)+" is asked by https only", nil)
	}
	tcp, err := w.tcp(ctx, u)
	if err != nil {
		return nil, err
	}
	return w.newConn(tcp, tcp), nil
}

// tls is the configuration for one host. No session is stored, so nothing links two requests. HTTP/2 isn't offered,
// because its client code may send a request again by itself.
func (w *Way) tls(u *url.URL) *tls.Config {
	return &tls.Config{
		ServerName: u.Hostname(),
		RootCAs:    w.Roots,
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"http/1.1"},
		Time:       w.Now,
	}
}

// authority is host and port, for dialing and CONNECT.
func authority(u *url.URL) string {
	port := u.Port()
	if port == "" {
		switch port = "443"; {
		case u.Scheme == "http":
			port = "80"
		case strings.HasPrefix(u.Scheme, "socks5"):
			port = "1080"
		}
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// connectError is the error of a failed connection. It has no foreign text: an x509 error quotes the certificate, a net
// error has addresses. who is the host or the proxy.
func (w *Way) connectError(who string, err error) *Error {
	if wrong, ok := w.timeError(err); ok {
		return refuse(who+": "+wrong.Error(), wrong)
	}
	if cause := certificateCause(err); cause != "" {
		return refuse(who+": "+cause, err)
	}
	var dns *net.DNSError
	var record tls.RecordHeaderError
	var timeout net.Error
	var errno syscall.Errno
	said, alerted := alert(err)
	cause := "no connection"
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		cause = "no such host"
	case errors.As(err, &dns):
		cause = "its name can't be looked up"
	case errors.Is(err, refused):
		cause = "connection refused"
	case errors.As(err, &record):
		cause = "it doesn't speak TLS"
	case said == noProtocol, strings.Contains(err.Error(), "tls: server selected unadvertised ALPN protocol"):
		cause = "it speaks HTTP/2 only"
	case alerted:
		cause = "no connection (it ended TLS with the alert: " + text.Clean(said) + ")"
	case errors.As(err, &errno):
		cause = "no connection (" + text.Clean(errno.Error()) + ")"
	case errors.As(err, &timeout) && timeout.Timeout():
		cause = "it doesn't answer"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		cause = "no connection (cut off before TLS stood)"
	}
	return unreachable(who+": "+cause, err)
}

// certificateCause is what is wrong with the certificate or the TLS version, empty if nothing is. Trying again doesn't
// help: ca_file is wrong, or the address isn't the domain's.
func certificateCause(err error) string {
	var (
		host    x509.HostnameError
		unknown x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
		roots   x509.SystemRootsError
		other   *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &host):
		return "its certificate is for another host"
	case errors.As(err, &unknown):
		return "its certificate isn't signed by a trusted authority"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "its certificate has expired or isn't valid yet by this machine's clock"
	case errors.As(err, &roots):
		return "this machine has no list of trusted authorities"
	case errors.As(err, &invalid), errors.As(err, &other):
		return "its certificate isn't valid"
	// crypto/tls has no type for either: a server that says no to our versions by an alert, and one
	// that chooses an old version by itself.
	case strings.HasSuffix(err.Error(), "tls: "+oldVersion),
		strings.Contains(err.Error(), "tls: server selected unsupported protocol version"):
		return "it speaks no TLS 1.2 or later"
	}
	return ""
}
