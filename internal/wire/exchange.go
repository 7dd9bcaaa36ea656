package wire

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// How many bytes of an answer are read. A token has at most 128,000, and an answer three tokens.
const (
	headerLimit = 64 << 10
	bodyLimit   = 1 << 20
	// The same for an answer that must not be lost.
	lenientHeader = 1 << 20
	lenientBody   = 32 << 20
)

// A Reply is an answer.
type Reply struct {
	Status  int
	Header  http.Header
	Body    []byte // its first MiB, decompressed, in UTF-8
	TooLong bool
	// Odd: its framing contradicts itself, so nobody knows whether Body is complete.
	Odd  bool
	Sent time.Time // our clock, just before the first byte was written
	Got  time.Time // our clock, when the answer began

	leaf *x509.Certificate // the host's; nil without TLS
}

// A Request is a request for Exchange; see Bytes.
type Request struct {
	Method string
	URL    *url.URL
	Header http.Header
	Body   string
	Keep   bool // the connection stays open for another request
}

// Bytes is the request as it is sent.
//
// http.Transport can't be used: it may send a request again by its own rules, and doesn't tell whether a byte was
// written. Here one Write sends all bytes.
func (r Request) Bytes() ([]byte, error) {
	out := http.Request{Method: r.Method, URL: r.URL, Host: r.URL.Host, Header: r.Header, Close: !r.Keep}
	if r.Body != "" {
		out.Body, out.ContentLength = io.NopCloser(strings.NewReader(r.Body)), int64(len(r.Body))
	}
	var b bytes.Buffer
	err := out.Write(&b)
	return b.Bytes(), err
}

// Exchange writes the request once and reads the answer. After an error nobody knows whether the request arrived: a
// failed Write doesn't tell how much did. Every error is an *Error that is Sent; a Reply beside it is the beginning of
// an answer that broke off.
func (c *Conn) Exchange(ctx context.Context, request []byte) (*Reply, error) {
	return c.ExchangeUntil(ctx, request, nil)
}

// asks is how often ExchangeUntil calls whole.
const asks = 16

// ExchangeUntil is Exchange for an answer that must not be lost. It is complete as soon as whole reports so, which is
// called at the end of each JSON object in the body, regardless of the framing and of how long the connection stays
// open. The body ends there. An answer that breaks off before is returned as it is, beside the error.
func (c *Conn) ExchangeUntil(ctx context.Context, request []byte, whole func(body []byte) bool) (*Reply, error) {
	if c.spent {
		return nil, &Error{Cause: "the connection can't carry another request"}
	}
	c.spent = true
	stop := context.AfterFunc(ctx, func() { _ = c.tcp.SetDeadline(past) })
	defer stop()
	sent := c.now()
	// A server that refuses early may answer and close before it has read everything: its answer
	// counts, so a failed Write isn't the end.
	_, failed := c.conn.Write(request)
	c.left.N = headerLimit
	if whole != nil {
		c.left.N = lenientHeader
	}
	limit := c.left.N
	h, err := c.head(whole != nil)
	if err != nil {
		cause := ""
		if c.left.N <= 0 {
			cause = "the answer has headers of more than " + strconv.FormatInt(limit>>10, 10) + " KiB"
		}
		if errors.Is(err, errHTTP2) {
			cause = "the answer is HTTP/2, which wasn't offered"
		}
		if failed == nil {
			failed = err
		}
		return nil, inDoubt(ctx, cause, failed)
	}
	r := &Reply{Status: h.status, Header: h.header, Sent: sent, Got: c.now(), leaf: c.leaf}
	redirect := r.Status/100 == 3 // its header is enough, and its body is seldom the host's
	if redirect && whole == nil {
		return r, nil
	}
	if redirect {
		_ = c.tcp.SetReadDeadline(time.Now().Add(patience))
	}
	c.left.N = 8 * bodyLimit // the lines before chunks count, too
	if whole != nil {
		c.left.N = lenientBody
	}
	if err := c.body(r, h, whole); err != nil && !redirect {
		return r, inDoubt(ctx, "", err)
	}
	return r, nil
}

// head reads status and header. lenient: an answer that begins with its body is accepted, as in HTTP/0.9.
func (c *Conn) head(lenient bool) (head, error) {
	if b, err := c.in.Peek(1); err == nil && lenient && b[0] == '{' {
		return head{http.StatusOK, http.Header{}}, nil
	}
	return readHead(c.in)
}

// body reads the body into r, at most bodyLimit bytes of it.
func (c *Conn) body(r *Reply, h head, whole func([]byte) bool) error {
	var seen object
	asked, packed := 0, false
	f := newFraming(c.in, h, nil)
	if whole != nil {
		f.beyond = func() bool {
			// Wait for the rest of an object, or for the first one of a successful answer.
			if !seen.unfinished() && !packed && (asked > 0 || r.Status/100 != 2) {
				return false
			}
			_ = c.tcp.SetReadDeadline(time.Now().Add(patience))
			return true
		}
	}
	var framed io.Reader = f
	if whole != nil && f.mode == chunked {
		framed = &framing{in: bufio.NewReader(f), mode: chunked, first: true, beyond: f.beyond} // some proxies put chunks into chunks
	}
	in := undone(framed, names(h.header, "Content-Encoding", "deflate"), func() { packed = true })
	b, total := make([]byte, 0, 16<<10), 0
	for {
		if len(b) > bodyLimit {
			r.TooLong = true
			room := false
			if whole != nil && total < lenientBody {
				b, room = squeezed(b)
			}
			if !room {
				r.Body = b[:bodyLimit]
				return nil
			}
		}
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		read := len(b)
		n, err := in.Read(b[read:min(cap(b), bodyLimit+1)])
		b, total = b[:read+n], total+n
		for i := read; i < len(b) && whole != nil && asked < asks; i++ {
			if seen.feed(b[i]) {
				asked++
				if whole(b[:i+1]) {
					r.Body = b[:i+1]
					return nil
				}
			}
		}
		r.Body = b
		if err == io.EOF {
			r.Odd = f.odd
			c.spent = f.odd || f.mode != finished || names(h.header, "Connection", "close")
			return nil
		}
		if err != nil {
			return err
		}
	}
}
