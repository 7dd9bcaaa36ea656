package idcstest

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode/utf16"
)

// A Wrap is an answer that arrives whole but is wrong around it: framed, packed or written otherwise
// than its header says. It excuses nothing: what the answer carries counts as delivered, and who
// presents the old token afterwards breaks I1.
type Wrap string

const (
	Gzip            Wrap = "gzip, and says so"           // although it wasn't asked for
	GzipUnsaid      Wrap = "gzip, and doesn't say so"    //
	GzipIdentity    Wrap = "gzip, identity"              // a list of codings
	GzipTwice       Wrap = "gzip twice"                  //
	GzipChunks      Wrap = "gzip as a transfer coding"   // Transfer-Encoding: gzip, chunked
	Deflate         Wrap = "deflate"                     // zlib, as RFC 9110 has it
	DeflateBare     Wrap = "deflate without its wrapper" // as some servers have it
	Mark            Wrap = "byte order mark"             //
	UTF16           Wrap = "UTF-16"                      // with a mark, little endian
	UTF16Big        Wrap = "UTF-16, big endian"          // without a mark
	ZerosBehind     Wrap = "zeros behind"                //
	HTMLBehind      Wrap = "HTML behind"                 //
	SecondObject    Wrap = "a second object behind"      //
	InArray         Wrap = "in an array"                 //
	LongLength      Wrap = "length one too long"         // and closes
	ShortLength     Wrap = "length too short"            //
	NoLastChunk     Wrap = "no last chunk"               // and closes
	TEIdentity      Wrap = "Transfer-Encoding: identity" //
	NoColon         Wrap = "header line without a colon" //
	StaysOpen       Wrap = "stays open"                  // no length, and the connection stays
	StaysOpenLonger Wrap = "stays open, length too long" //
	NoContent       Wrap = "204"                         // with the body
	BadUTF8         Wrap = "bad UTF-8 in a member"       //
	ControlByte     Wrap = "control byte in a member"    //
	TrailingComma   Wrap = "trailing comma"              //
	CutBehind       Wrap = "cut behind the tokens"       // the closing brace is missing
)

// Wraps are all of them.
var Wraps = []Wrap{Gzip, GzipUnsaid, GzipIdentity, GzipTwice, GzipChunks, Deflate, DeflateBare, Mark, UTF16, UTF16Big, ZerosBehind,
	HTMLBehind, SecondObject, InArray, LongLength, ShortLength, NoLastChunk, TEIdentity, NoColon, StaysOpen, StaysOpenLonger, NoContent,
	BadUTF8, ControlByte, TrailingComma, CutBehind}

// wrapped sends an answer so. What it carries is delivered, whatever the bytes look like.
func (x *exchange) wrapped(f *Fault, a answer) {
	const unframed = -1
	body := string(a.body)
	length := func() int { return len(body) }
	coding := func(name string) { a.header.Set("Content-Encoding", name) }
	switch f.Wrap {
	case Gzip:
		coding("gzip")
		body = packed(body, gzipped)
	case GzipUnsaid:
		body = packed(body, gzipped)
	case GzipIdentity:
		coding("gzip, identity")
		body = packed(body, gzipped)
	case GzipTwice:
		coding("gzip, gzip")
		body = packed(packed(body, gzipped), gzipped)
	case GzipChunks:
		a.header.Set("Transfer-Encoding", "gzip, chunked")
		body = inChunks(packed(body, gzipped)) + "0\r\n\r\n"
		length = func() int { return unframed }
	case Deflate:
		coding("deflate")
		body = packed(body, zlibbed)
	case DeflateBare:
		coding("deflate")
		body = packed(body, flated)
	case Mark:
		body = "\ufeff" + body
	case UTF16:
		body = wide("\ufeff"+body, false)
	case UTF16Big:
		body = wide(body, true)
	case ZerosBehind:
		body += "\x00\x00"
	case HTMLBehind:
		body += "<!-- served by front 7 --></html>"
	case SecondObject:
		body += "\n{\"status\":\"ok\"}\n"
	case InArray:
		body = "[" + body + "]"
	case LongLength, StaysOpenLonger:
		length = func() int { return len(body) + 1 }
	case ShortLength:
		length = func() int { return len(body) - 20 }
	case NoLastChunk:
		a.header.Set("Transfer-Encoding", "chunked")
		body = inChunks(body)
		length = func() int { return unframed }
	case TEIdentity:
		a.header.Set("Transfer-Encoding", "identity")
		length = func() int { return unframed }
	case StaysOpen:
		length = func() int { return unframed }
	case NoContent:
		a.status = http.StatusNoContent
	case BadUTF8:
		body = "{\"display\":\"Jos\xe9\"," + body[1:]
	case ControlByte:
		body = "{\"display\":\"a\nb\"," + body[1:]
	case TrailingComma:
		body = strings.TrimSuffix(body, "}") + ",}"
	case CutBehind:
		body = strings.TrimSuffix(body, "}")
		length = func() int { return len(body) + 1 }
	}
	head := x.head(f, a, int64(length()))
	if f.Wrap == NoColon {
		head = bytes.Replace(head, []byte("\r\n"), []byte("\r\nX-Front by front 7\r\n"), 1)
	}
	if x.last(append(head, body...), a) && (f.Wrap == StaysOpen || f.Wrap == StaysOpenLonger) {
		x.conn.untilGone()
	}
}

func gzipped(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }
func zlibbed(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }

func flated(w io.Writer) io.WriteCloser {
	z, _ := flate.NewWriter(w, flate.DefaultCompression) // a level that exists
	return z
}

// inChunks is s in two chunks, without the last one.
func inChunks(s string) string {
	return fmt.Sprintf("%x\r\n%s\r\n%x\r\n%s\r\n", 9, s[:9], len(s)-9, s[9:])
}

func packed(s string, open func(io.Writer) io.WriteCloser) string {
	var b bytes.Buffer
	w := open(&b)
	_, _ = io.WriteString(w, s) // into memory
	_ = w.Close()
	return b.String()
}

// wide is s as UTF-16.
func wide(s string, big bool) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		if big {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return string(b)
}
