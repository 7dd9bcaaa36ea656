package wire

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"math"
	"net"
	"net/http"
	"testing"
	"testing/iotest"
	"time"
)

// Any Retry-After is 0 or 1 s to 300 s; any Date gives a skew that is finite and bounded.
func FuzzClockHeaders(f *testing.F) {
	for _, s := range []string{"", "7", "-1", "1e9", "1000000000000000000000", "NaN", "Sun, 06 Nov 1994 08:49:37 GMT",
		"Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 01 Jan 0000 00:00:00 GMT"} {
		f.Add(s, s, int64(1e9))
		f.Add(s, "Sun, 06 Nov 1994 08:49:37 GMT", int64(0))
		f.Add("Sun, 06 Nov 1994 08:49:37 GMT", s, int64(math.MaxInt32))
	}
	f.Fuzz(func(t *testing.T, retry, date string, now int64) {
		n := time.Unix(now%(1<<38), 0)
		d := readRetryAfter(http.Header{"Retry-After": {retry}, "Date": {date}}, n)
		if d != 0 && (d < time.Second || d > 300*time.Second) {
			t.Errorf("pause %v", d)
		}
		c := readClock(date, n, n.Add(time.Second))
		if c.Skew.Abs() > lastSkew || c.Known && c.Skew.Abs() > maxSkew || !c.Known && !c.Wild && c.Skew != 0 || c.Known && c.Wild {
			t.Errorf("clock %v", c)
		}
	})
}

// A said is a connection on which somebody has said all that he will say.
type said struct {
	net.Conn
	in io.Reader
}

func (s said) Read(b []byte) (int, error)      { return s.in.Read(b) }
func (s said) Write(b []byte) (int, error)     { return len(b), nil }
func (s said) SetDeadline(time.Time) error     { return nil }
func (s said) SetReadDeadline(time.Time) error { return nil }

// Whatever comes: no more than the limits is kept, a body is cut only where whole says so, and what
// net/http reads without complaint is read the same.
func FuzzExchange(f *testing.F) {
	for _, s := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x\r\n{\r\n1\r\n}\r\n0\r\nA: b\r\n\r\n",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 204 No Content\r\nDate: x\r\n\r\n{\"a\":\"\\\"}\"}<", "HTTP/1.1 200\r\nContent-Length: 1\r\n\r\n{\"a\":1}",
		"HTTP/1.1 200 OK\r\n\r\n\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\xffname\x00\xab\xae\x05\x00", "HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\nx\x9c\xab\xae\x05\x00",
		"HTTP/1.1 200 OK\r\n\r\n{\x00\"\x00a\x00\"\x00:\x001\x00}\x00", "HTTP/1.1 200 OK\r\n\r\n\xff\xfe\x00\x00{\x00\x00\x00}\x00\x00\x00",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{\"a\":1}", "\x00\x00\x12\x04\x00\x00", "SSH-2.0\r\n",
		"HTTP/1.1 101\r\n\r\nH",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, lenient := range []bool{false, true} {
			conn := said{in: iotest.OneByteReader(bytes.NewReader(b))}
			c := (&Way{Now: time.Now}).newConn(conn, conn)
			stopped := false
			var whole func([]byte) bool
			if lenient {
				whole = func(body []byte) bool {
					stopped = bytes.HasSuffix(body, []byte("}"))
					if !stopped {
						t.Errorf("asked behind %q", body)
					}
					return true
				}
			}
			r, err := c.ExchangeUntil(context.Background(), nil, whole)
			if r == nil {
				if err == nil {
					t.Error("neither answer nor error")
				}
				continue
			}
			if len(r.Body) > bodyLimit || r.Status < 200 && r.Status != 101 || r.Status > 999 {
				t.Errorf("status %d, %d bytes", r.Status, len(r.Body))
			}
			if lenient || err != nil {
				continue
			}
			res, body := judge(b)
			// What says that it has no body is read all the same: the successor may stand there.
			if res == nil || res.StatusCode/100 == 3 || res.StatusCode == 204 || res.StatusCode == 101 || plainIsNotPlain(body) {
				continue
			}
			if res.StatusCode != r.Status || !bytes.Equal(r.Body, body) {
				t.Errorf("got %d %q, net/http %d %q", r.Status, r.Body, res.StatusCode, body)
			}
		}
	})
}

// judge is what net/http reads, behind interim answers; nil where it complains.
func judge(b []byte) (*http.Response, []byte) {
	br := bufio.NewReader(bytes.NewReader(b))
	for {
		res, err := http.ReadResponse(br, nil)
		if err != nil {
			return nil, nil
		}
		if res.StatusCode/100 == 1 && res.StatusCode != 101 {
			continue
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return nil, nil
		}
		return res, body
	}
}

// plainIsNotPlain reports whether we would unpack or decode it.
func plainIsNotPlain(body []byte) bool {
	return len(body) > 0 && (body[0] == 0x1f || body[0]&0x0f == 8) || bytes.IndexByte(body, 0) >= 0 || bytes.IndexByte(body, 0xff) == 0 || bytes.IndexByte(body, 0xfe) == 0
}
