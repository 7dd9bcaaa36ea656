package idcs

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

// A reply is a whole answer.
type reply struct {
	status  int
	header  http.Header
	body    []byte // nil if it is over bodyLimit
	tooLong bool
	sent    time.Time // our clock, just before the first byte was written
	got     time.Time // our clock, when the answer began
	secrets []string  // of the request
}

// render is the request as it goes over the wire.
//
// Why not http.Transport: it has rules of its own for sending a request again, and doesn't tell
// whether a byte was written. Here the bytes are known before, and one Write hands them over.
func render(u *url.URL, form url.Values, header http.Header) ([]byte, error) {
	body := form.Encode()
	r := http.Request{
		Method: http.MethodPost, URL: u, Host: u.Host, Header: header, Close: true,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
	var b bytes.Buffer
	err := r.Write(&b)
	return b.Bytes(), err
}

// exchange writes the request once and reads the answer. Whatever goes wrong here leaves the request
// in doubt: a failed Write doesn't tell how much of it arrived.
func exchange(ctx context.Context, conn *line, request []byte, now func() time.Time) (*reply, error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.tcp.SetDeadline(past) })
	defer stop()
	sent := now()
	// A server that refuses early may answer and close before it has read everything: its answer
	// counts, so a failed Write isn't the end.
	_, failed := conn.Write(request)
	in := &io.LimitedReader{R: conn, N: headerLimit}
	br := bufio.NewReader(in)
	resp, err := readHead(br, &http.Request{Method: http.MethodPost})
	if err != nil {
		cause := ""
		if in.N <= 0 {
			cause = "the domain's answer has headers of more than 64 KiB"
		}
		if failed == nil {
			failed = err
		}
		return nil, inDoubt(ctx, cause, failed)
	}
	r := &reply{status: resp.StatusCode, header: resp.Header, sent: sent, got: now()}
	if r.status/100 == 3 { // judged by its header: what stands below isn't of the domain
		return r, nil
	}
	in.N = 8 * bodyLimit // chunks have a price of their own
	r.body, err = io.ReadAll(io.LimitReader(resp.Body, bodyLimit+1))
	if len(r.body) > bodyLimit {
		r.body, r.tooLong = nil, true
		return r, nil
	}
	if err != nil {
		e := inDoubt(ctx, "", err)
		e.Status, e.Clock, e.RetryAfter = r.status, r.clock(), r.retryAfter()
		return nil, e
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

// inDoubt is an exchange that broke off. The error of net/http isn't handed on: it may quote the
// answer.
func inDoubt(ctx context.Context, cause string, err error) *Error {
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	} else if !isNetwork(err) {
		err = nil
	}
	return &Error{Class: ErrInDoubt, Outcome: Lost, Cause: cause, Err: err}
}
