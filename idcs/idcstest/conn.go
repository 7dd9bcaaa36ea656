package idcstest

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// A conn is one TCP connection. We read HTTP/1.1 from it ourselves, because net/http's server can
// neither stop between two bytes of an answer nor say when the client left during one.
type conn struct {
	s   *Server
	id  int
	tcp *net.TCPConn
	tls *tls.Conn
	br  *bufio.Reader

	killed bool // the test declared a kill while it was open; guarded by s.mu, as is the next
	down   bool // the test took the domain down while it was open
	work   work

	gone chan struct{} // closed when the client has left; made anew for each request
	next chan error    // then holds why, nil for another request
}

func (c *conn) log(format string, args ...any) { c.s.journal.add(c.id, nil, format, args...) }

// serve lives as long as the connection.
func (c *conn) serve() {
	defer c.work.over.Store(true)
	defer c.tcp.Close()
	c.s.journal.add(c.id, func(n *Counts) { n.Connections++ }, "connects")
	if !c.pass(Accepted) || !c.handshake() || !c.pass(Handshaken) {
		return
	}
	for c.exchange() {
	}
	_ = c.tls.Close()
}

// pass goes through a point of the connection, with its gate and its fault.
func (c *conn) pass(p Point) bool {
	if !c.stopAt(p, nil, func() {}) {
		return false
	}
	f := c.s.fault(func(at Point) bool { return at == p }, nil)
	if f == nil {
		return true
	}
	if f.Delay > 0 {
		c.log("is delayed at %q by %v", p, f.Delay)
		c.sleep(f.Delay)
	}
	if f.Do != "" {
		c.end(f.Do, p)
		return false
	}
	return true
}

// handshake looks at the first byte before TLS does: what comes without TLS breaks I5.
func (c *conn) handshake() bool {
	first := make([]byte, 1)
	if _, err := c.read(first); err != nil {
		c.log("leaves without a byte")
		return false
	}
	const handshakeRecord = 0x16 // RFC 8446 5.1
	if first[0] != handshakeRecord {
		c.plain()
		return false
	}
	config := c.s.tlsConfig()
	dropped := errors.New("dropped by the script")
	config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		if !c.pass(Hello) {
			return nil, dropped
		}
		return nil, nil
	}
	c.tls = tls.Server(&prefixed{c.tcp, c, first}, config)
	if err := c.tls.Handshake(); err != nil {
		if !errors.Is(err, dropped) {
			c.log("handshake failed: %v", err)
		}
		return false
	}
	c.br = bufio.NewReader(c.tls)
	c.s.journal.add(c.id, func(n *Counts) { n.Handshakes++ }, "%s stands", tls.VersionName(c.tls.ConnectionState().Version))
	return true
}

// plain counts what somebody says without TLS, for a second at most, and answers nothing.
func (c *conn) plain() {
	_ = c.tcp.SetReadDeadline(time.Now().Add(time.Second))
	buf := make([]byte, 64<<10)
	n, _ := c.tcp.Read(buf)
	c.s.journal.add(c.id, func(k *Counts) { k.PlainBytes += n + 1 }, "speaks without TLS")
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.breaks(c, "I5 broken: %d bytes came without TLS", n+1)
}

// prefixed gives back the byte that was looked at.
type prefixed struct {
	net.Conn
	c     *conn
	first []byte
}

func (p *prefixed) Read(b []byte) (int, error) {
	if len(p.first) > 0 {
		n := copy(b, p.first)
		p.first = p.first[n:]
		return n, nil
	}
	return p.c.read(b)
}

// exchange reads one request and answers it. It reports whether another may follow.
func (c *conn) exchange() (again bool) {
	c.gone = nil
	req, err := http.ReadRequest(c.br)
	c.work.serving.Store(true)
	defer c.work.serving.Store(false)
	if err != nil {
		if !errors.Is(err, io.EOF) {
			c.log("no request could be read")
		}
		return false
	}
	x := &exchange{s: c.s, conn: c, req: req, endpoint: endpoints[req.URL.Path]}
	if x.endpoint == "" {
		x.endpoint = "other"
	}
	c.s.journal.add(c.id, func(n *Counts) { n.Requests++ }, "%s %s", req.Method, x.endpoint)
	if !x.reach(Headers) {
		return false
	}
	body, err := io.ReadAll(io.LimitReader(req.Body, 1<<20))
	if err != nil {
		c.log("its body never came whole")
		return false
	}
	c.watch()
	if !x.serve(string(body)) || req.Close {
		return false
	}
	c.work.serving.Store(false)
	select {
	case err := <-c.next:
		return err == nil
	case <-c.s.done:
		return false
	}
}

// watch reads ahead while a request is answered, so that gone closes when the client leaves.
func (c *conn) watch() {
	c.gone, c.next = make(chan struct{}), make(chan error, 1)
	go func(gone chan struct{}, next chan error) {
		_, err := c.br.Peek(1)
		if err != nil {
			close(gone)
		}
		next <- err
	}(c.gone, c.next)
}

// clientGone reports whether nobody will read an answer.
func (c *conn) clientGone() bool {
	select {
	case <-c.gone:
		return true
	default:
		return peerLeft(c.tcp)
	}
}

// end does to the connection what a script says.
func (c *conn) end(d Do, p Point) {
	c.log("%s at %q", d, p)
	switch d {
	case Reset:
		c.reset()
	case Close:
		c.shut()
		_ = c.tcp.Close()
	case Cut:
		_ = c.tcp.Close()
	case HalfClose:
		c.shut()
		_ = c.tcp.CloseWrite()
		c.untilGone()
	case Stall:
		c.untilGone()
	}
}

// shut sends TLS's own end where TLS is up.
func (c *conn) shut() {
	if c.tls != nil && c.br != nil {
		_ = c.tls.CloseWrite()
	}
}

// reset makes the kernel send RST.
func (c *conn) reset() {
	_ = c.tcp.SetLinger(0)
	_ = c.tcp.Close()
}

// untilGone returns when the client has left or the domain closes.
func (c *conn) untilGone() {
	defer c.waits()()
	if c.gone != nil {
		select {
		case <-c.gone:
		case <-c.s.done:
		}
		return
	}
	_, _ = io.Copy(io.Discard, c.tcp) // no request yet; Server.Close closes the socket
}
