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

// hush is how long nobody may answer our hello before a small one is tried beside it.
const hush = 3 * time.Second

// A handshake is a connection on which TLS stands, or why not.
type handshake struct {
	conn   *tls.Conn
	tcp    net.Conn
	err    error
	cutOff bool // by something that may not have liked our hello
}

// secure connects and shakes hands. Some boxes between drop a ClientHello above 1,400 bytes, silently
// or by a reset, and ours has 1,500 with a key share of ML-KEM: since nothing has been sent, it is tried
// once more with a small one. The first is still listened to, as the server may only be slow.
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
		for range running { // nothing is left behind when the request is sent
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

// shake is one connection. silent is called if nobody has answered its hello after a while.
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

// listened is a connection that knows whether the other side has said anything.
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

// cutOff reports whether a handshake ended by an end, a reset, or an alert that a smaller hello may
// not get.
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

// alert is the alert that the other side ended the handshake with, in crypto/tls's words: it has no
// type for it.
func alert(err error) (string, bool) {
	op, ok := errors.AsType[*net.OpError](err)
	if !ok || op.Op != "remote error" || op.Err == nil {
		return "", false
	}
	return strings.TrimPrefix(op.Err.Error(), "tls: "), true
}
