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

// layers is how many compressions are undone: an answer that two proxies compressed has two.
const layers = 3

// undone reads a body without its compression, as UTF-8. We don't ask for compression, but some proxies compress anyway,
// with or without a header, so the bytes decide: no JSON begins as gzip or zlib does. deflate: the header has that word,
// which means zlib (RFC 9110 8.4.1.2) or, with some servers, the bare algorithm. packed is called for each compressed
// layer.
func undone(body io.Reader, deflate bool, packed func()) io.Reader {
	for range layers {
		br := bufio.NewReader(body)
		// Peek waits for its bytes, so a second one is read only if the first may begin a compressed body.
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

// bare reports whether the bytes that are there are deflate without a header, and decompress to the beginning of JSON.
func bare(br *bufio.Reader) bool {
	b, _ := br.Peek(br.Buffered())
	if len(b) == 0 || strings.IndexByte("{[<\"", b[0]) >= 0 {
		return false
	}
	var first [1]byte
	_, err := io.ReadFull(flate.NewReader(bytes.NewReader(b)), first[:])
	return err == nil && (first[0] == '{' || first[0] == '[')
}

// gunzip reads gzip members (RFC 1952 2.3) without waiting for their checksums: TLS protects the bytes. What follows a
// member is ignored, unless it is another member.
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
				err = nil // the next Read returns it again
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

// UnknownCoding is the compression that a body still has, by its header or its first bytes; empty: none.
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

// wide turns UTF-16 and UTF-32 into UTF-8, which RFC 8259 8.1 demands. They are recognised by a byte order mark, or by
// zero bytes around the first character, which is ASCII in every answer (RFC 4627 3).
func wide(br *bufio.Reader) io.Reader {
	// More is peeked at only while the bytes so far allow it: they may be all that comes.
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
