package wire

import (
	"bufio"
	"bytes"
	"compress/flate"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/credential-idcs/credential-idcs/internal/text"
)

// layers is how many wrappings are undone: an answer that two fronts packed has two.
const layers = 3

// undone reads what a body is without compression, as UTF-8. Compression isn't asked for, but fronts
// compress all the same, with and without saying so, so the bytes decide: no JSON begins as gzip or zlib
// does. deflate says that the header names it, which stands for zlib (RFC 9110 8.4.1.2) and, with some
// servers, for the bare algorithm. packed is told when a packed layer begins.
func undone(body io.Reader, deflate bool, packed func()) io.Reader {
	for range layers {
		br := bufio.NewReader(body)
		// Peek waits for these bytes, and not longer where they show sooner that nothing is packed.
		b, _ := br.Peek(1)
		if len(b) == 1 && (b[0] == 0x1f || b[0]&0x0f == 8 || deflate) {
			b, _ = br.Peek(2)
		}
		switch {
		case len(b) == 2 && b[0] == 0x1f && b[1] == 0x8b:
			body = &gunzip{in: br}
		case len(b) == 2 && b[0]&0x0f == 8 && b[0]>>4 <= 7 && b[1]&0x20 == 0 && (int(b[0])<<8+int(b[1]))%31 == 0: // RFC 1950 2.2
			_, _ = br.Discard(2)
			body = flate.NewReader(br) // its checksum isn't waited for either
		case len(b) == 2 && deflate && b[0] != '{' && b[0] != '[' && b[0] != ' ', bare(br):
			body = flate.NewReader(br)
		default:
			return wide(br)
		}
		packed()
		deflate = false
	}
	return body
}

// bare reports whether what has come of a body unpacks, as deflate without a head, to what JSON begins with.
func bare(br *bufio.Reader) bool {
	b, _ := br.Peek(br.Buffered())
	if len(b) == 0 || strings.IndexByte("{[<\"", b[0]) >= 0 {
		return false
	}
	var first [1]byte
	_, err := io.ReadFull(flate.NewReader(bytes.NewReader(b)), first[:])
	return err == nil && (first[0] == '{' || first[0] == '[')
}

// gunzip reads gzip members (RFC 1952 2.3) without their ends: the checksum isn't waited for, which TLS
// has made needless, and what follows a member counts only if it is another.
type gunzip struct {
	in   *bufio.Reader
	body io.Reader // of the member; nil before its head
	more bool      // a member was there already
}

func (g *gunzip) Read(p []byte) (int, error) {
	for {
		if g.body == nil {
			if err := g.head(); err != nil && g.more {
				return 0, io.EOF
			} else if err != nil {
				return 0, unexpected(err)
			}
			g.body = flate.NewReader(g.in)
		}
		n, err := g.body.Read(p)
		if n > 0 || err != io.EOF {
			if err == io.EOF {
				err = nil // it comes again
			}
			return n, err
		}
		const end = 8 // checksum and size
		_, _ = g.in.Discard(end)
		g.body, g.more = nil, true
	}
}

func (g *gunzip) head() error {
	const (
		checksum = 1 << 1
		extra    = 1 << 2
		name     = 1 << 3
		comment  = 1 << 4
	)
	var fixed [10]byte
	if _, err := io.ReadFull(g.in, fixed[:]); err != nil {
		return err
	}
	if fixed[0] != 0x1f || fixed[1] != 0x8b {
		return errNoHTTP
	}
	flags := fixed[3]
	if flags&extra != 0 {
		var size [2]byte
		if _, err := io.ReadFull(g.in, size[:]); err != nil {
			return err
		}
		if _, err := g.in.Discard(int(size[0]) | int(size[1])<<8); err != nil {
			return err
		}
	}
	for _, text := range []byte{name, comment} {
		for flags&text != 0 {
			b, err := g.in.ReadByte()
			if err != nil {
				return err
			}
			if b == 0 {
				break
			}
		}
	}
	if flags&checksum != 0 {
		_, err := g.in.Discard(2)
		return err
	}
	return nil
}

// UnknownCoding is the compression that a body still has, as its header or its first bytes name it; empty: none.
func (r *Reply) UnknownCoding() string {
	for _, header := range []string{"Content-Encoding", "Transfer-Encoding"} {
		for _, v := range r.Header[header] {
			for item := range strings.SplitSeq(v, ",") {
				item, _, _ = strings.Cut(item, ";")
				switch item = strings.ToLower(strings.TrimSpace(item)); item {
				case "", "identity", "chunked", "gzip", "x-gzip", "deflate":
				default:
					return text.Clean(item)
				}
			}
		}
	}
	if bytes.HasPrefix(r.Body, []byte("\x28\xb5\x2f\xfd")) { // RFC 8878 3.1.1
		return "zstd"
	}
	return ""
}

// wide turns UTF-16 and UTF-32 into UTF-8, which RFC 8259 8.1 demands. A byte order mark tells them, or
// zero bytes around the first sign, which is ASCII in every answer (RFC 4627 3).
func wide(br *bufio.Reader) io.Reader {
	// More is peeked at only while it may be so: what is waited for must come.
	b, _ := br.Peek(1)
	if len(b) == 0 || b[0] > 0x7f && b[0] < 0xfe {
		return br
	}
	if b, _ = br.Peek(2); len(b) < 2 || b[0] != 0 && b[0] < 0xfe && b[1] != 0 {
		return br
	}
	if b, _ = br.Peek(4); len(b) < 4 {
		return br
	}
	var zeros [4]bool
	for i := range zeros {
		zeros[i] = b[i] == 0
	}
	switch {
	case zeros == [4]bool{false, true, true, true}, string(b) == "\xff\xfe\x00\x00":
		return &units{in: br, size: 4}
	case zeros == [4]bool{true, true, true, false}, string(b) == "\x00\x00\xfe\xff":
		return &units{in: br, size: 4, big: true}
	case zeros == [4]bool{false, true, false, true}, string(b[:2]) == "\xff\xfe":
		return &units{in: br, size: 2}
	case zeros == [4]bool{true, false, true, false}, string(b[:2]) == "\xfe\xff":
		return &units{in: br, size: 2, big: true}
	}
	return br
}

// units reads UTF-16 or UTF-32.
type units struct {
	in   *bufio.Reader
	size int
	big  bool
	rest []byte
}

func (u *units) Read(p []byte) (int, error) {
	for len(u.rest) == 0 {
		r, err := u.next()
		if err != nil {
			return 0, err
		}
		if utf16.IsSurrogate(r) {
			low, err := u.next()
			if err != nil {
				return 0, err
			}
			r = utf16.DecodeRune(r, low)
		}
		u.rest = utf8.AppendRune(u.rest, r)
	}
	n := copy(p, u.rest)
	u.rest = u.rest[n:]
	return n, nil
}

func (u *units) next() (rune, error) {
	var b [4]byte
	if _, err := io.ReadFull(u.in, b[:u.size]); err != nil {
		return 0, err
	}
	var r rune
	for i := range u.size {
		if u.big {
			r = r<<8 | rune(b[i])
		} else {
			r |= rune(b[i]) << (8 * i)
		}
	}
	return r, nil
}
