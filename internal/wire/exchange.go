package wire

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// What is read of an answer. A token has 128,000 bytes at most, an answer three of them.
const (
	headerLimit = 64 << 10
	bodyLimit   = 1 << 20
)

// A Reply is a whole answer.
type Reply struct {
	Status  int
	Header  http.Header
	Body    []byte // nil if it is over 1 MiB
	TooLong bool
	Sent    time.Time // our clock, just before the first byte was written
	Got     time.Time // our clock, when the answer began
}

// A Request is what Exchange says.
type Request struct {
	Method string
	URL    *url.URL
	Header http.Header
	Body   string
	Keep   bool // the line stays open for another request
}

// Bytes is the request as it goes over the wire.
//
// Why not http.Transport: it has rules of its own for sending a request again, and doesn't tell
// whether a byte was written. Here the bytes are known before, and one Write hands them over.
func (r Request) Bytes() ([]byte, error) {
	out := http.Request{Method: r.Method, URL: r.URL, Host: r.URL.Host, Header: r.Header, Close: !r.Keep}
	if r.Body != "" {
		out.Body, out.ContentLength = io.NopCloser(strings.NewReader(r.Body)), int64(len(r.Body))
	}
	var b bytes.Buffer
	err := out.Write(&b)
	return b.Bytes(), err
}

// Exchange writes the request once and reads the answer. Whatever goes wrong here leaves the request
// in doubt: a failed Write doesn't tell how much of it arrived. Every error is an *Error that is Sent;
// a Reply beside it is the beginning of an answer that broke off, without its body.
func (l *Line) Exchange(ctx context.Context, request []byte) (*Reply, error) {
	stop := context.AfterFunc(ctx, func() { _ = l.tcp.SetDeadline(past) })
	defer stop()
	sent := l.now()
	// A server that refuses early may answer and close before it has read everything: its answer
	// counts, so a failed Write isn't the end.
	_, failed := l.conn.Write(request)
	l.left.N = headerLimit
	resp, err := readHead(l.in, &http.Request{Method: http.MethodPost})
	if err != nil {
		cause := ""
		if l.left.N <= 0 {
			cause = "the domain's answer has headers of more than 64 KiB"
		}
		if failed == nil {
			failed = err
		}
		return nil, inDoubt(ctx, cause, failed)
	}
	r := &Reply{Status: resp.StatusCode, Header: resp.Header, Sent: sent, Got: l.now()}
	if r.Status/100 == 3 { // judged by its header: what stands below isn't of the domain
		return r, nil
	}
	l.left.N = 8 * bodyLimit // chunks have a price of their own
	r.Body, err = io.ReadAll(io.LimitReader(resp.Body, bodyLimit+1))
	if len(r.Body) > bodyLimit {
		r.Body, r.TooLong = nil, true
		return r, nil
	}
	if err != nil {
		r.Body = nil
		return r, inDoubt(ctx, "", err)
	}
	return r, nil
}

// readHead reads status and headers, over any number of interim answers (1xx, RFC 9110 15.2) that
// fit into the limit of the reader below.
func readHead(br *bufio.Reader, req *http.Request) (*http.Response, error) {
	for {
		resp, err := http.ReadResponse(br, req)
		if err != nil || resp.StatusCode/100 != 1 || resp.StatusCode == http.StatusSwitchingProtocols {
			return resp, err
		}
	}
}
