package idcs

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"testing"
	"unicode/utf16"
)

// pack is s behind a writer of package compress.
func pack(t testing.TB, s string, open func(io.Writer) io.WriteCloser) string {
	t.Helper()
	var b bytes.Buffer
	w := open(&b)
	if _, err := io.WriteString(w, s); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func gzipped(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }

func zlibbed(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }

func flated(w io.Writer) io.WriteCloser {
	f, _ := flate.NewWriter(w, flate.BestCompression)
	return f
}

func stored(w io.Writer) io.WriteCloser {
	f, _ := flate.NewWriter(w, flate.NoCompression)
	return f
}

// named is gzip with everything that its head may hold.
func named(w io.Writer) io.WriteCloser {
	z := gzip.NewWriter(w)
	z.Name, z.Comment, z.Extra = "answer.json", "of a front", []byte("extra")
	return z
}

// wide is s in 16 or 32 bits a sign.
func wide(s string, order binary.AppendByteOrder, bits int) string {
	var b []byte
	if bits == 32 {
		for _, r := range s {
			b = order.AppendUint32(b, uint32(r))
		}
		return string(b)
	}
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

// A bomb is unpacked up to the limit and no further.
func TestBombsAreNotUnpacked(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	zeros := make([]byte, 1<<20)
	for range 200 {
		z.Write(zeros)
	}
	z.Close()
	twice := pack(t, bomb.String(), gzipped)
	for _, body := range []string{bomb.String(), twice, pack(t, twice, gzipped)} {
		d := newRawDomain(t, func(d *rawDomain, _ *net.TCPConn, conn *tls.Conn) {
			if d.read(conn) == nil {
				io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n"+body)
				conn.Close()
			}
		})
		got := allocated(func() {
			_, err := newClient(d.URL).Token(bound(t), refreshGrant(), nil)
			expect(t, err, ErrLater, Doubtful)
		})
		if got > 16<<20 {
			t.Errorf("%d MiB allocated", got>>20)
		}
	}
}

// What can't be unpacked is named, and isn't told as an outage for long.
func TestUnknownCompressionIsNamed(t *testing.T) {
	for head, want := range map[string]string{
		"Content-Encoding: br":                           "br",
		"Content-Encoding: gzip, BR;q=1":                 "br",
		"Transfer-Encoding: zstd, chunked":               "zstd",
		"X-Front: 7":                                     "zstd", // by its first bytes
		"Content-Encoding: \x1b[31m":                     "?[31m",
		"Content-Encoding: a, b":                         "a",
		"Content-Encoding: identity":                     "zstd",
		"Content-Encoding: " + strings.Repeat("x", 9000): strings.Repeat("x", 200),
	} {
		r := answer("\x28\xb5\x2f\xfd\x04\x58")
		name, value, _ := strings.Cut(head, ": ")
		r.Header.Set(name, value)
		_, err := r.token(ErrSpent)
		e := asError(t, err)
		if text := "the domain's answer is compressed with " + want + ", although identity was asked for"; e.Cause != text || !e.Suspect || e.Outcome != Doubtful {
			t.Errorf("%.60s: got %+v", head, e)
		}
	}
	for name, value := range map[string]string{"Content-Encoding": "gzip", "Transfer-Encoding": "gzip, chunked"} {
		r := answer("<html>")
		r.Header.Set(name, value)
		_, err := r.token(ErrSpent)
		if e := asError(t, err); e.Cause != "the domain's answer is no JSON object" {
			t.Errorf("%s: got %+v", value, e)
		}
	}
}
