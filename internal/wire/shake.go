package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// hush is how long our ClientHello may have no answer before a second connection tries a smaller one.
const hush = 3 * time.Second

// A handshake is a connection after its TLS handshake, or why that failed.
type handshake struct {
	conn   *tls.Conn
	tcp    net.Conn
	err    error
	cutOff bool // perhaps because of the size of our ClientHello
}

// secure connects and does the TLS handshake. Some firewalls drop a ClientHello above 1,400 bytes, silently or with a
// reset, and ours has 1,500 with a key share of ML-KEM. So a second connection tries a smaller one; the first goes on, as
// the server may only be slow. No request has been sent by then.
func (w *Way) secure(ctx context.Context, u, proxy *url.URL) (*Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	results := make(chan handshake, 2)
	silence := make(chan struct{}, 1)
	running := 0
	try := func(small bool, silent func()) {
		running++
		go func() { results <- w.shake(ctx, u, proxy, small, silent) }()
	}
	defer func() {
		cancel()
		for range running { // close the other connection before the request is sent
			if h := <-results; h.err == nil {
				_ = h.tcp.Close()
			}
		}
	}()
	try(false, func() { silence <- struct{}{} })
	var first error
	second := false
	for {
		select {
		case <-silence:
			if !second {
				second = true
				try(true, func() {})
			}
		case h := <-results:
			running--
			if h.err == nil {
				return w.newConn(h.conn, h.tcp), nil
			}
			if first == nil {
				first = h.err
			}
			if h.cutOff && !second {
				second = true
				try(true, func() {})
			}
			if running == 0 {
				return nil, first
			}
		}
	}
}

// shake connects once. silent is called if its ClientHello has no answer after a while.
func (w *Way) shake(ctx context.Context, u, proxy *url.URL, small bool, silent func()) handshake {
	next := u
	if proxy != nil {
		next = proxy
	}
	tcp, err := w.tcp(ctx, next)
	if err != nil {
		if proxy != nil {
			err = w.connectError(proxyName(proxy), err)
		}
		return handshake{err: err}
	}
	way := tcp
	if proxy != nil {
		if way, err = w.through(ctx, tcp, proxy, authority(u)); err != nil {
			_ = tcp.Close()
			return handshake{err: err}
		}
	}
	heard := &listened{Conn: way}
	patient := w.hush
	if patient == 0 {
		patient = hush
	}
	timer := time.AfterFunc(patient, func() {
		if !heard.any.Load() {
			silent()
		}
	})
	defer timer.Stop()
	config := w.tls(u)
	if small {
		config.CurvePreferences = []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384}
	}
	conn := tls.Client(heard, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = tcp.Close()
		return handshake{err: err, cutOff: ctx.Err() == nil && cutOff(err)}
	}
	return handshake{conn: conn, tcp: tcp}
}

// listened is a connection that remembers whether anything was received.
type listened struct {
	net.Conn
	any atomic.Bool
}

func (l *listened) Read(b []byte) (int, error) {
	n, err := l.Conn.Read(b)
	if n > 0 {
		l.any.Store(true)
	}
	return n, err
}

// cutOff reports whether a handshake ended in a way that a smaller ClientHello may avoid: by the end of the connection,
// a reset, or most alerts.
func cutOff(err error) bool {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return true
	}
	op, ok := errors.AsType[*net.OpError](err)
	if !ok || op.Timeout() {
		return false
	}
	if said, ok := alert(err); ok {
		return said != oldVersion && said != noProtocol
	}
	return op.Op == "read" || op.Op == "write"
}

const (
	oldVersion = "protocol version not supported"
	noProtocol = "no application protocol"
)

// alert is the text of the alert by which the other side ended the handshake. crypto/tls has no type for it.
func alert(err error) (string, bool) {
	op, ok := errors.AsType[*net.OpError](err)
	if !ok || op.Op != "remote error" || op.Err == nil {
		return "", false
	}
	return strings.TrimPrefix(op.Err.Error(), "tls: "), true
}
