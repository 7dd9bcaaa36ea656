package wire

import (
	"bufio"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// patience is how long we go on reading after the end by the framing, if the answer is visibly incomplete: its length may
// have been counted before it was compressed, or in letters instead of bytes.
const patience = time.Second

// framing reads a body as its header demands: in chunks, by a length, or up to the connection's end. If that
// contradicts itself, it reads all that comes.
type framing struct {
	in   *bufio.Reader
	mode mode
	left int64 // of the chunk, or of the body
	// beyond reports, at the end by the length, whether to go on reading, and sets the deadline for that. Nil: no.
	beyond func() bool
	first  bool // no chunk was read yet
	late   bool // reading beyond the length: an error is just the end
	odd    bool // the header contradicts itself or the body
}

type mode int

const (
	chunked  mode = iota // at the beginning of a chunk's line
	inChunk              // in its content
	behind               // at the line break behind it
	counted              // Content-Length
	open                 // up to the end
	finished             // nothing more
)

func newFraming(in *bufio.Reader, h head, beyond func() bool) *framing {
	f := &framing{in: in, mode: open, beyond: beyond, first: true}
	length, known := contentLength(h.header)
	switch {
	case names(h.header, "Transfer-Encoding", "chunked"):
		f.mode = chunked
	case known:
		f.mode, f.left = counted, length
	case h.status == http.StatusNoContent, h.status == http.StatusNotModified:
		f.mode = counted // no body
	default:
		f.odd = len(h.header["Content-Length"]) > 0
	}
	return f
}

// contentLength is the header's number. If it isn't a number, or there are two different ones, it isn't known.
func contentLength(h http.Header) (n int64, known bool) {
	for i, v := range h["Content-Length"] {
		m, err := strconv.ParseUint(strings.TrimSpace(v), 10, 62)
		if err != nil || i > 0 && int64(m) != n {
			return 0, false
		}
		n, known = int64(m), true
	}
	return n, known
}

func (f *framing) Read(p []byte) (int, error) {
	for {
		switch f.mode {
		case finished:
			return 0, io.EOF
		case open:
			n, err := f.in.Read(p)
			if err != nil && f.late {
				err = io.EOF
			}
			return n, err
		case chunked:
			if err := f.chunk(); err != nil {
				return 0, err
			}
			continue
		case behind:
			if err := f.lineBreak(); err != nil {
				return 0, unexpected(err)
			}
			f.mode = chunked
			continue
		}
		if f.left == 0 {
			if f.mode == inChunk {
				f.mode = behind
				continue
			}
			if f.beyond == nil || !f.beyond() {
				f.mode = finished
			} else {
				f.mode, f.odd, f.late = open, true, true
			}
			continue
		}
		n, err := f.in.Read(p[:min(int64(len(p)), f.left)])
		f.left -= int64(n)
		if n > 0 {
			err = nil // the next Read returns it again
		}
		return n, unexpected(err)
	}
}

// chunk reads the line before a chunk (RFC 9112 7.1). If the first one is no such line, the body isn't in chunks, whatever
// the header says. It is read byte by byte, since a line break may never come.
func (f *framing) chunk() error {
	size, extension := "", false
	for i := 0; ; i++ {
		b, err := f.in.Peek(i + 1)
		if err != nil && (i == 0 || !f.first) {
			return unexpected(err)
		}
		if err == nil && b[i] == '\n' {
			break
		}
		if err == nil && (b[i] == ';' || extension) {
			extension = true
			continue
		}
		if err == nil && strings.IndexByte("0123456789abcdefABCDEF \t\r", b[i]) >= 0 {
			size += string(b[i])
			continue
		}
		return f.unframed()
	}
	if strings.TrimSpace(size) == "" && !extension { // a line break too many
		_, err := readLine(f.in)
		return err
	}
	n, err := strconv.ParseUint(strings.TrimSpace(size), 16, 62)
	if err != nil {
		return f.unframed()
	}
	f.first = false
	_, _ = readLine(f.in)
	f.left, f.mode = int64(n), inChunk
	if n == 0 {
		return f.trailer()
	}
	return nil
}

// unframed reads the rest of a body as it comes, since it isn't in chunks as its header says. After a chunk that was
// right, that is done only for an answer that must not be lost.
func (f *framing) unframed() error {
	if !f.first && f.beyond == nil {
		return errNoHTTP
	}
	f.mode, f.odd = open, true
	return nil
}

// trailer reads what may follow the last chunk, so that the connection can carry another answer.
func (f *framing) trailer() error {
	f.mode = finished
	if f.beyond != nil { // the answer is complete, and the connection won't carry another
		return nil
	}
	for {
		line, err := readLine(f.in)
		if err != nil {
			return unexpected(err)
		}
		if line == "" {
			return nil
		}
	}
}

func (f *framing) lineBreak() error {
	b, err := f.in.Peek(1)
	if err == nil && b[0] == '\r' {
		_, _ = f.in.Discard(1)
		b, err = f.in.Peek(1)
	}
	if err == nil && b[0] == '\n' {
		_, _ = f.in.Discard(1)
	}
	return err
}

// unexpected is io.ErrUnexpectedEOF in place of io.EOF: the body ended before its framing did.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
