package idcstest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// send writes an answer, whole or as the script says. It reports whether the connection lives on.
func (x *exchange) send(a answer) (keep bool) {
	f := x.fault
	if f == nil {
		f = &Fault{}
	}
	a = f.retouch(a)
	x.conn.log("is answered %d, %d bytes", a.status, len(a.body))
	switch {
	case f.Raw != "" && x.fault.replaces(f.point()):
		_, _ = io.WriteString(x.conn.tls, f.Raw)
		return false
	case f.Stream != "":
		x.stream(f, a)
		return false
	}
	if f.Wrap != "" && len(a.body) > 0 {
		x.wrapped(f, a)
		return false
	}
	head := x.head(f, a, int64(len(a.body)))
	if !x.deliver(head, a, f) {
		return false
	}
	return x.reach(Answered) && x.fault == nil
}

// head is the status line and the header up to the empty line. length -1 leaves Content-Length to a.
func (x *exchange) head(f *Fault, a answer, length int64) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", a.status, http.StatusText(a.status))
	h := a.header.Clone()
	if h == nil {
		h = http.Header{}
	}
	if !f.NoDate && h.Get("Date") == "" {
		h.Set("Date", x.s.Now().Add(f.DateOffset).UTC().Format(http.TimeFormat))
	}
	if length >= 0 && h.Get("Content-Length") == "" {
		h.Set("Content-Length", fmt.Sprint(length))
	}
	if x.fault != nil {
		h.Set("Connection", "close")
	}
	_ = h.Write(&b) // into memory
	b.WriteString("\r\n")
	return b.Bytes()
}

// deliver writes head and body, past the points BeforeBody and MidBody. The books say "delivered"
// just before the last bytes are written, not after: as soon as the client has them, another process
// may present the successor.
func (x *exchange) deliver(head []byte, a answer, f *Fault) bool {
	half := len(a.body) / 2
	if f.point() == MidBody {
		half = min(f.Byte, len(a.body))
	}
	if x.hasPoint(f, BeforeBody) || x.hasPoint(f, MidBody) {
		if _, err := x.conn.tls.Write(head); err != nil {
			return false
		}
		head = nil
		if !x.reach(BeforeBody) {
			return false
		}
		if half > 0 {
			if _, err := x.conn.tls.Write(a.body[:half]); err != nil {
				return false
			}
		}
		if !x.reach(MidBody) {
			return false
		}
		return x.last(a.body[half:], a)
	}
	return x.last(append(head, a.body...), a)
}

// hasPoint reports whether somebody waits at a point inside the answer.
func (x *exchange) hasPoint(f *Fault, p Point) bool {
	if f.point() == p {
		return true
	}
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	for _, g := range x.s.gates {
		if g.point == p && (g.on == "" || g.on == x.endpoint || g.on == x.grant) {
			return true
		}
	}
	return false
}

// last writes the end of an answer and keeps the books on it.
func (x *exchange) last(b []byte, a answer) bool {
	gone := x.conn.clientGone()
	x.settle(a, !gone)
	if len(b) == 0 {
		return !gone
	}
	if _, err := x.conn.tls.Write(b); err != nil {
		x.settle(a, false)
		x.conn.log("left before its answer")
		return false
	}
	if gone {
		x.conn.log("left before its answer")
	}
	return !gone
}

// settle notes what an answer to a presentation means for the invariants.
func (x *exchange) settle(a answer, whole bool) {
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	p := x.presented
	if p == nil {
		return
	}
	p.ended, p.whole = true, whole
	p.carried = x.successor != "" && bytes.Contains(a.body, []byte(x.successor))
	if isInvalidGrant(a.status, a.body) {
		p.token.refused = p
	}
}

// stream writes what a client must not wait for, or not keep in memory. It ends when the client does.
func (x *exchange) stream(f *Fault, a answer) {
	w := x.conn.tls
	x.conn.log("gets %s", f.Stream)
	switch f.Stream {
	case Trickle:
		every := f.Every
		if every == 0 {
			every = time.Second
		}
		if _, err := w.Write(x.head(f, a, int64(len(a.body)))); err != nil {
			return
		}
		for i := range a.body {
			if x.conn.sleep(every) {
				return
			}
			if i == len(a.body)-1 {
				x.last(a.body[i:], a)
				return
			}
			if _, err := w.Write(a.body[i : i+1]); err != nil {
				return
			}
		}
	case Chunks:
		a.header.Set("Transfer-Encoding", "chunked")
		x.pour(x.head(f, a, -1), strings.Repeat("10\r\n{\"access_token\":\r\n", 64), 1<<40)
	case Huge:
		x.pour(x.head(f, a, 1<<30), strings.Repeat(" ", 16<<10), 1<<30)
	case GzipBomb:
		a.header.Set("Content-Encoding", "gzip")
		if _, err := w.Write(x.head(f, a, -1)); err != nil {
			return
		}
		z := gzip.NewWriter(w)
		zeros := make([]byte, 1<<20)
		for range 1 << 10 {
			if _, err := z.Write(zeros); err != nil || x.conn.clientGone() {
				return
			}
		}
		_ = z.Close()
	case Flood:
		head := fmt.Appendf(nil, "HTTP/1.1 %d OK\r\n", a.status)
		x.pour(head, "X-Flood: "+strings.Repeat("x", 16<<10)+"\r\n", 100<<20)
	case Interim:
		x.pour(nil, strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 64), 1<<40)
	}
}

// pour writes head and then the piece again and again, up to a number of bytes.
func (x *exchange) pour(head []byte, piece string, limit int64) {
	if _, err := x.conn.tls.Write(head); err != nil {
		return
	}
	b := []byte(piece)
	for n := int64(0); n < limit && !x.conn.clientGone(); n += int64(len(b)) {
		if _, err := x.conn.tls.Write(b[:min(int64(len(b)), limit-n)]); err != nil {
			return
		}
	}
}
