package wire

import (
	"bufio"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// patience is how long a line is listened to behind what its framing calls the end, while the answer
// is visibly unfinished: a length that was counted before the answer was packed, or without its
// umlauts.
const patience = time.Second

// framing reads a body as its header frames it: in chunks, by a length, or up to the connection's end.
// What contradicts itself is read on as it comes.
type framing struct {
	in   *bufio.Reader
	mode mode
	left int64 // of the chunk, or of the body
	// beyond is asked where the length says that the body has ended: whether more is worth waiting
	// for. It sets the deadline for it. Nil: no.
	beyond func() bool
	first  bool // no chunk was read yet
	late   bool // read beyond: all that comes is a gift
	odd    bool // the header contradicts itself, or the body it
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
		f.mode = counted // of nothing, where it keeps to the rules
	default:
		f.odd = len(h.header["Content-Length"]) > 0
	}
	return f
}

// contentLength is the header's number. One that is none, or two that differ, count as missing.
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
			err = nil // it comes again
		}
		return n, unexpected(err)
	}
}

// chunk reads the line before a chunk (RFC 9112 7.1). If the first one is no such line, the body isn't
// in chunks, whatever the header says; it is looked at sign by sign, since no line may ever come.
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

// unframed is what a body that isn't framed as its header says is read as: as it comes. Behind a good
// chunk that is only worth it where the answer must not be lost.
func (f *framing) unframed() error {
	if !f.first && f.beyond == nil {
		return errNoHTTP
	}
	f.mode, f.odd = open, true
	return nil
}

// trailer reads what may follow the last chunk, so that the line can carry another answer.
func (f *framing) trailer() error {
	f.mode = finished
	if f.beyond != nil { // the answer is here; nobody waits for the end of its wrapping
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

// unexpected is an end that comes before the framing's.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
