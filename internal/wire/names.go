package wire

import (
	"context"
	"errors"
	"net"
	"os"
	"time"
)

// again is after how long a query is sent again to a name server that hasn't answered; it doubles each time. Go's
// resolver waits 5 s for one lost packet.
const again = time.Second

// resolver is Go's resolver with two changes: it repeats a query, and it asks a server that doesn't support EDNS0 again
// without it. If the system looks names up itself, nothing changes.
func resolver(dial func(ctx context.Context, network, address string) (net.Conn, error)) *net.Resolver {
	return &net.Resolver{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if udp, ok := conn.(*net.UDPConn); ok && err == nil {
			return &question{UDPConn: udp}, nil
		}
		return conn, err
	}}
}

// A question is one query over UDP (RFC 1035 4.2.1) and its answer.
type question struct {
	*net.UDPConn
	query []byte
	plain bool // the query is without EDNS0
	until time.Time
}

func (q *question) SetDeadline(t time.Time) error {
	q.until = t
	return q.UDPConn.SetDeadline(t)
}

func (q *question) Write(b []byte) (int, error) {
	q.query, q.plain = append([]byte(nil), b...), false
	return q.UDPConn.Write(b)
}

func (q *question) Read(b []byte) (int, error) {
	wait := again
	for {
		next := time.Now().Add(wait)
		if !q.until.IsZero() && q.until.Before(next) {
			next = q.until
		}
		if err := q.UDPConn.SetReadDeadline(next); err != nil {
			return 0, err
		}
		n, err := q.UDPConn.Read(b)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded) && next != q.until:
			wait *= 2
		case err == nil && !q.plain && unknownOption(b[:n], q.query):
			plain, ok := withoutEDNS(q.query)
			if !ok {
				return n, err
			}
			q.query, q.plain = plain, true
		case err == nil && q.plain && unknownOption(b[:n], q.query):
			// Go's resolver ignores an answer that doesn't repeat the question.
			code := b[3] & 0x0f
			n = copy(b, q.query)
			b[2], b[3] = 0x81, 0x80|code
			return n, nil
		default:
			return n, err
		}
		if _, err := q.UDPConn.Write(q.query); err != nil {
			return 0, err
		}
	}
}

// unknownOption reports whether the server didn't understand the query: FORMERR, or NOTIMP (RFC 6891 7).
func unknownOption(answer, query []byte) bool {
	if len(answer) < 12 || len(query) < 12 || answer[0] != query[0] || answer[1] != query[1] {
		return false
	}
	code := answer[3] & 0x0f
	return code == 1 || code == 4
}

// withoutEDNS is a query with its question and nothing after it (RFC 1035 4.1).
func withoutEDNS(query []byte) ([]byte, bool) {
	if len(query) < 12 || query[4] != 0 || query[5] != 1 {
		return nil, false
	}
	end := 12
	for end < len(query) && query[end] != 0 {
		end += 1 + int(query[end])
	}
	if end += 5; end >= len(query) { // the root's byte, type and class; nothing to leave out
		return nil, false
	}
	plain := append([]byte(nil), query[:end]...)
	plain[3] &^= 0x20 // AD, which is as new
	plain[10], plain[11] = 0, 0
	return plain, true
}
