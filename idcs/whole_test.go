package idcs

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TLS vouches for the bytes, and a JSON object shows its own end: whatever is broken around it, the
// successor of the spent token is taken, at once, with one request.
func TestAnAnswerThatArrivedIsNeverLost(t *testing.T) {
	const status = "HTTP/1.1 200 OK\r\n"
	counted := func(head, body string) string {
		return status + head + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body)) + body
	}
	le, be := binary.LittleEndian, binary.BigEndian
	inAccess := strings.Replace(good, `{`, `{"display":"Jos\u00e9 Ģ 𝄞 \"ŵ\"",`, 1)
	for name, says := range map[string]string{
		"gzip":                          counted("Content-Encoding: gzip\r\n", pack(t, good, gzipped)),
		"gzip without a header":         counted("", pack(t, good, gzipped)),
		"gzip with a name":              counted("Content-Encoding: x-gzip\r\n", pack(t, good, named)),
		"gzip, identity":                counted("Content-Encoding: gzip, identity\r\n", pack(t, good, gzipped)),
		"gzip twice":                    counted("Content-Encoding: gzip, gzip\r\n", pack(t, pack(t, good, gzipped), gzipped)),
		"gzip in name only":             counted("Content-Encoding: gzip\r\n", good),
		"gzip as a transfer coding":     status + "Transfer-Encoding: gzip, chunked\r\n\r\n" + chunks(pack(t, good, gzipped), 9),
		"gzip of a length not packed":   status + "Content-Encoding: gzip\r\nContent-Length: 30\r\n\r\n" + pack(t, good, gzipped),
		"gzip without its end":          status + "\r\n" + strings.TrimSuffix(pack(t, good, gzipped), pack(t, good, gzipped)[len(pack(t, good, gzipped))-8:]),
		"gzip of UTF-16":                counted("", pack(t, wide(good, le, 16), gzipped)),
		"gzip in two members":           counted("Content-Encoding: gzip\r\n", pack(t, good[:40], gzipped)+pack(t, good[40:], gzipped)),
		"gzip, and rubbish behind":      counted("", pack(t, good, gzipped)+"<!-- -->"),
		"deflate":                       counted("Content-Encoding: deflate\r\n", pack(t, good, zlibbed)),
		"deflate without a header":      counted("", pack(t, good, zlibbed)),
		"deflate, bare":                 counted("Content-Encoding: deflate\r\n", pack(t, good, flated)),
		"deflate, bare, not named":      counted("", pack(t, good, flated)),
		"deflate, bare, stored":         counted("", pack(t, good, stored)),
		"deflate, bare, in chunks":      status + "Transfer-Encoding: chunked\r\n\r\n" + chunks(pack(t, good, flated), 9),
		"deflate in name only":          counted("Content-Encoding: deflate\r\n", good),
		"a byte order mark":             counted("", "\ufeff"+good),
		"UTF-16, little":                counted("", wide("\ufeff"+inAccess, le, 16)),
		"UTF-16, big":                   counted("", wide("\ufeff"+inAccess, be, 16)),
		"UTF-16 without a mark":         counted("Content-Type: application/json; charset=utf-16\r\n", wide(good, le, 16)),
		"UTF-16, big, without a mark":   counted("", wide(inAccess, be, 16)),
		"UTF-32":                        counted("", wide("\ufeff"+inAccess, le, 32)),
		"UTF-32, big, without a mark":   counted("", wide(good, be, 32)),
		"UTF-16 behind a line break":    counted("", wide("\r\n"+good, le, 16)),
		"UTF-16 behind a name":          counted("", wide("callback("+good+");", be, 16)),
		"UTF-32 behind a line break":    counted("", wide("\n"+good, le, 32)),
		"zeros behind":                  counted("", good+"\x00\x00\x00"),
		"HTML behind":                   counted("", good+"<!-- 0.2 s --></html>"),
		"any bytes behind":              counted("", good+"\xff\x1f\x8b{\"["),
		"a second object behind":        counted("", good+"\n"+`{"error":"server_error"}`),
		"a length one too long":         status + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(good)+1) + good,
		"a length far too long":         status + "Content-Length: 9999999\r\n\r\n" + good,
		"a length too short":            status + "Content-Length: 60\r\n\r\n" + good,
		"a length of 0":                 status + "Content-Length: 0\r\n\r\n" + good,
		"a length of the mark alone":    status + "Content-Length: 3\r\n\r\n\ufeff" + good,
		"a length of no number":         status + "Content-Length: many\r\n\r\n" + good,
		"two lengths":                   status + "Content-Length: 3\r\nContent-Length: 9\r\n\r\n" + good,
		"a negative length":             status + "Content-Length: -1\r\n\r\n" + good,
		"no last chunk":                 status + "Transfer-Encoding: chunked\r\n\r\n" + strings.TrimSuffix(chunks(good, 9), "0\r\n\r\n"),
		"no end of the chunk":           status + "Transfer-Encoding: chunked\r\n\r\nfff\r\n" + good,
		"chunks in name only":           status + "Transfer-Encoding: chunked\r\n\r\n" + good,
		"chunks with an extension":      status + "Transfer-Encoding: Chunked\r\n\r\n" + strings.Replace(chunks(good, 9), "\r\n", " ; x=y\r\n", 1),
		"chunks in chunks":              status + "Transfer-Encoding: chunked\r\n\r\n" + chunks(chunks(good, 9), 7),
		"chunks behind an empty line":   status + "Transfer-Encoding: chunked\r\n\r\n\r\n" + chunks(good, 9),
		"chunks without CR":             status + "Transfer-Encoding: chunked\r\n\r\n" + strings.ReplaceAll(chunks(good, 9), "\r\n", "\n"),
		"chunks with a trailer":         status + "Transfer-Encoding: chunked\r\nTrailer: X\r\n\r\n" + strings.TrimSuffix(chunks(good, 9), "\r\n") + "X: y\r\n\r\n",
		"a chunk one too short":         status + "Transfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(good)-1, good),
		"a chunk too short, another":    status + "Transfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("2\r\n{\"x\":\"y\r\n%x\r\ny\",%s\r\n0\r\n\r\n", len(good)+2, good[1:]),
		"chunks and a length":           status + "Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks(good, 9),
		"Transfer-Encoding identity":    status + "Transfer-Encoding: identity\r\n\r\n" + good,
		"an unknown Transfer-Encoding":  status + "Transfer-Encoding: sdch\r\n\r\n" + good,
		"a header line without a colon": counted("X-Front went by\r\n", good),
		"a header line of blanks":       counted(" \r\n", good),
		"a header without a name":       counted(": x\r\n", good),
		"a header with a blank":         counted("X Front : y\r\n", good),
		"bare line feeds":               strings.ReplaceAll(counted("A: b\r\n", good), "\r\n", "\n"),
		"empty lines before":            "\r\n\r\n" + counted("", good),
		"no reason":                     strings.Replace(counted("", good), " OK", "", 1),
		"HTTP/1.0":                      "HTTP/1.0 200 OK\r\n\r\n" + good,
		"HTTP in small letters":         strings.Replace(counted("", good), "HTTP/1.1 ", "http/1.1\t", 1),
		"no head at all":                good,
		"interim answers before":        strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", 9) + counted("", good),
		"a long header":                 counted("X-Front: "+strings.Repeat("x", 100<<10)+"\r\n", good),
		"many cookies":                  counted(strings.Repeat("Set-Cookie: a="+strings.Repeat("x", 1000)+"\r\n", 200), good),
		"204":                           strings.Replace(counted("", good), "200 OK", "204 No Content", 1),
		"204 without a length":          "HTTP/1.1 204 No Content\r\n\r\n" + good,
		"205":                           "HTTP/1.1 205 Reset Content\r\n\r\n" + good,
		"a redirect":                    strings.Replace(counted("Location: https://front.example/\r\n", good), "200 OK", "302 Found", 1),
		"an error of the front":         strings.Replace(counted("", good), "200 OK", "502 Bad Gateway", 1),
		"in an array":                   counted("", "["+good+"]"),
		"invalid UTF-8 in a member":     counted("", strings.Replace(good, `{`, "{\"display\":\"Jos\xe9\",", 1)),
		"a control character":           counted("", strings.Replace(good, `{`, "{\"display\":\"a\nb\x00\",", 1)),
		"cut behind the refresh token":  status + "Content-Length: 500\r\n\r\n" + strings.TrimSuffix(good, "}"),
		"cut behind it in a chunk":      status + "Transfer-Encoding: chunked\r\n\r\nfff\r\n" + strings.TrimSuffix(good, "}"),
		"cut behind it, packed":         status + "Content-Length: 500\r\n\r\n" + pack(t, strings.TrimSuffix(good, "}"), gzipped),
		"a trailing comma":              counted("", strings.TrimSuffix(good, "}")+",}"),
		"behind a guard":                counted("", ")]}',\n"+good),
		"over 1 MiB":                    counted("", strings.TrimSuffix(good, "}")+`,"x":"`+strings.Repeat("x", 1<<20)+`"}`),
		"behind 15 MiB":                 status + "\r\n" + strings.Repeat("\n", 15<<20) + good,
		"behind 15 MiB in it":           counted("", strings.Replace(good, "{", `{"groups":[`+strings.Repeat(`"a group",`, 15<<20/10)+`""],`, 1)),
	} {
		for _, stays := range []bool{false, true} {
			if stays && (strings.HasPrefix(name, "cut") || strings.HasPrefix(name, "204 w")) {
				continue // it can't be known that no more will come
			}
			t.Run(fmt.Sprintf("%s, stays %v", name, stays), func(t *testing.T) {
				d := newRawDomain(t, func(d *rawDomain, _ *net.TCPConn, conn *tls.Conn) {
					if d.read(conn) != nil {
						return
					}
					io.WriteString(conn, says)
					if stays {
						io.Copy(io.Discard, conn) // until the client leaves
						return
					}
					conn.Close()
				})
				ctx := bound(t)
				a, err := newClient(d.URL).Token(ctx, refreshGrant(), nil)
				if err != nil || a.Access.Reveal() != "opaque-access" || a.Refresh.Reveal() != "AQIDBAUnew=" {
					t.Errorf("got %v, %v", a, err)
				}
				if ctx.Err() != nil {
					t.Error("it waited for the end of the connection")
				}
				if n, c := d.requests.Load(), d.connections.Load(); n != 1 || c != 1 {
					t.Errorf("%d requests, %d connections", n, c)
				}
			})
		}
	}
}

// chunks is a body in chunks of n bytes.
func chunks(s string, n int) string {
	var b strings.Builder
	for len(s) > 0 {
		piece := s[:min(n, len(s))]
		fmt.Fprintf(&b, "%x\r\n%s\r\n", len(piece), piece)
		s = s[len(piece):]
	}
	return b.String() + "0\r\n\r\n"
}

// A context that ends behind the successor doesn't cost it either.
func TestAnAnswerThatStallsBehindItsTokensIsTaken(t *testing.T) {
	ctx, cancel := context.WithCancel(bound(t))
	var answered atomic.Bool
	d := newRawDomain(t, func(d *rawDomain, _ *net.TCPConn, conn *tls.Conn) {
		if d.read(conn) == nil {
			answered.Store(true)
			io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n"+strings.TrimSuffix(good, "}"))
			<-d.done
		}
	})
	c := newClient(d.URL)
	c.Now = func() time.Time {
		if answered.Load() { // the answer has begun, and all of it has come in one piece
			cancel()
		}
		return time.Now()
	}
	a, err := c.Token(ctx, refreshGrant(), nil)
	if err != nil || a.Refresh.Reveal() != "AQIDBAUnew=" {
		t.Errorf("got %v, %v", a, err)
	}
}

// What is no answer of the domain's stays none: nothing of it is taken for a token or a judgement.
func TestPagesAreNoAnswers(t *testing.T) {
	for _, body := range []string{
		"<html><style>body{color:red}</style><script>var x = {\"a\":1};</script></html>",
		`<p>{"error":"invalid_grant"}</p>`,
		`{"error":"invalid_grant"`,
		`{"error":"invalid_gr`,
		pack(t, "<html></html>", gzipped),
	} {
		for _, status := range []int{200, 400, 500} {
			r := answer(body)
			r.Status = status
			_, err := r.token(ErrSpent)
			expect(t, err, ErrLater, Doubtful)
		}
	}
}
