package wire

import (
	"bufio"
	"errors"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
)

var (
	errNoHTTP = errors.New("no HTTP answer")
	errHTTP2  = errors.New("an answer in HTTP/2")
)

// A head is a status line and a header.
type head struct {
	status int
	header http.Header
}

// readHead reads status and header, and skips interim answers (1xx, RFC 9110 15.2), as many as fit into the limit of the
// reader below.
//
// http.ReadResponse can't be used: it refuses a whole answer for a line without a colon, an unknown coding, or a length
// that is no number. TLS protects the bytes, and the new refresh token may follow such a line.
func readHead(br *bufio.Reader) (head, error) {
	for {
		h, err := readOneHead(br)
		if err != nil || h.status/100 != 1 || h.status == http.StatusSwitchingProtocols {
			return h, err
		}
	}
}

func readOneHead(br *bufio.Reader) (head, error) {
	if b, err := br.Peek(1); err == nil && b[0] == 0 { // a frame's length (RFC 9113 4.1); no line would ever end
		return head{}, errHTTP2
	}
	line, err := readLine(br)
	for err == nil && line == "" { // left over from an answer before it (RFC 9112 2.2)
		line, err = readLine(br)
	}
	if err != nil {
		return head{}, err
	}
	words := strings.Fields(line)
	if len(words) < 2 || len(words[0]) < 5 || !strings.EqualFold(words[0][:5], "HTTP/") {
		return head{}, errNoHTTP
	}
	code, err := strconv.Atoi(words[1])
	if err != nil || len(words[1]) != 3 || code < 100 {
		return head{}, errNoHTTP
	}
	h := head{code, http.Header{}}
	last := ""
	for {
		line, err := readLine(br)
		if err != nil {
			return head{}, err
		}
		name, value, found := strings.Cut(line, ":")
		switch {
		case line == "":
			return h, nil
		case line[0] == ' ' || line[0] == '\t': // continues the line before (RFC 9112 5.2)
			if n := len(h.header[last]); n > 0 {
				h.header[last][n-1] += " " + strings.TrimSpace(line)
			}
		case found:
			last = textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name))
			h.header[last] = append(h.header[last], strings.TrimSpace(value))
		}
	}
}

// readLine is one line without its end, which may be a bare LF.
func readLine(br *bufio.Reader) (string, error) {
	line, err := br.ReadString('\n')
	if err != nil {
		return "", err
	}
	return strings.TrimSuffix(line[:len(line)-1], "\r"), nil
}

// names reports whether a list header (RFC 9110 5.6.1) has a word.
func names(h http.Header, name, word string) bool {
	for _, v := range h[name] {
		for item := range strings.SplitSeq(v, ",") {
			item, _, _ = strings.Cut(item, ";")
			if strings.EqualFold(strings.TrimSpace(item), word) {
				return true
			}
		}
	}
	return false
}
