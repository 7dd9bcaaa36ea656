package oci

import (
	"context"
	"crypto/x509"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/internal/wire"
	"github.com/credential-idcs/credential-idcs/oci/ident"
)

// A Machine is what this package needs of the process and the machine, for one call. Read, Getenv, Now and Rand must be
// set.
type Machine struct {
	// Read reads a file by its path in a configuration: absolute, or below ~/. It refuses a file that others may have read
	// or written, depending on its kind. Its errors are returned as they are.
	Read   func(file string, kind FileKind) ([]byte, error)
	Getenv func(string) string
	Now    func() time.Time
	Rand   io.Reader // cryptographically secure

	// Roots, Proxy and Connect are for Oracle's hosts, as in wire.Way.
	Roots     *x509.CertPool
	Proxy     func(*url.URL) (*url.URL, error)
	Connect   time.Duration
	UserAgent string
	// Skew is Oracle's clock minus ours, as far as known. Signed dates are corrected by it.
	Skew time.Duration
	// Log writes hosts, statuses and times into a log, never a header of ours. Nil: there is no log.
	Log func(msg string, args ...any)
}

// A FileKind is which rights others may have for a file.
type FileKind int

const (
	ConfigFile  FileKind = iota // others may not write it
	SecretFile                  // nor read it
	AccountFile                 // the kubelet mounts it: others may read it if it is root's
	AccountCA                   // beside it, without a secret: others may not write it
)

// section reads a profile of a file like ~/.oci/config.
func (m *Machine) section(file, profile string) (ident.Section, error) {
	data, err := m.Read(file, ConfigFile)
	if err != nil {
		return ident.Section{}, err
	}
	s, err := ident.ParseSection(data, profile)
	return s, inFile(file, err)
}

// way is the wire.Way to Oracle's hosts.
//
//go:noinline
func (m *Machine) way() *wire.Way {
	return &wire.Way{Roots: m.Roots, Proxy: m.Proxy, Connect: m.Connect, UserAgent: m.UserAgent, Now: m.Now}
}

// clockMatters is the smallest difference of the clocks that may be the cause of a refusal: Oracle accepts 5 minutes.
const clockMatters = 4 * time.Minute

// ClockMatters reports whether a difference of the clocks may be the cause of a refusal.
func ClockMatters(off time.Duration) bool { return off >= clockMatters || off <= -clockMatters }

// signed connects, signs with the date, and sends once. After a refusal by a host whose clock is more than 4 minutes from
// ours it signs once more, with the date corrected, on a new connection: a signature spends nothing. conn is an open
// connection, or nil.
func (m *Machine) signed(ctx context.Context, s Session, q *Message, conn *wire.Conn) (*wire.Reply, error) {
	u := &url.URL{Scheme: "https", Host: q.Host, Path: q.Target}
	skew := m.Skew
	sign := func() (http.Header, error) { return s.Headers(q, m.Now().Add(skew)) }
	r, err := m.ask(ctx, m.way(), u, conn, string(q.Body), sign)
	if err != nil || r.Status != http.StatusUnauthorized {
		return r, err
	}
	clock := r.Clock()
	if !clock.Known || !ClockMatters(clock.Skew-skew) {
		return r, nil
	}
	skew = clock.Skew
	return m.ask(ctx, m.way(), u, nil, string(q.Body), sign)
}

// ask sends one request: a POST if it has a body. proof makes its headers when the connection, conn or a new one, is open.
func (m *Machine) ask(ctx context.Context, way *wire.Way, u *url.URL, conn *wire.Conn, body string, proof func() (http.Header, error)) (*wire.Reply, error) {
	if conn == nil {
		var err error
		if conn, err = way.Open(ctx, u); err != nil {
			return nil, unanswered(u.Host, err)
		}
	}
	defer conn.Close()
	id := make([]byte, 16) // identifies the request in Oracle's logs
	if _, err := io.ReadFull(m.Rand, id); err != nil {
		return nil, err
	}
	header, err := proof()
	if err != nil {
		return nil, err
	}
	for _, line := range [][2]string{
		{"Accept", "application/json"},
		{"Accept-Encoding", "identity"}, // without it any coding is allowed (RFC 9110 12.5.3)
		{"User-Agent", m.UserAgent},
		{"Opc-Request-Id", hex.EncodeToString(id)},
	} {
		header[line[0]] = []string{line[1]}
	}
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	return m.send(ctx, conn, wire.Request{Method: method, URL: u, Header: header, Body: body})
}

// authorizedBy is the proof without a signature: an Authorization header.
func authorizedBy(authorization, contentType string) func() (http.Header, error) {
	return func() (http.Header, error) {
		return http.Header{"Authorization": {authorization}, "Content-Type": {contentType}}, nil
	}
}

func (m *Machine) send(ctx context.Context, conn *wire.Conn, r wire.Request) (*wire.Reply, error) {
	bytes, err := r.Bytes()
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, unanswered(r.URL.Host, wire.Interrupted(ctx))
	}
	reply, err := conn.Exchange(ctx, bytes)
	if err != nil {
		m.log("no answer", "host", r.URL.Host, "why", err.Error())
		return nil, unanswered(r.URL.Host, err)
	}
	m.log("answered", "host", r.URL.Host, "path", r.URL.Path, "status", reply.Status,
		"after", reply.Got.Sub(reply.Sent).Round(time.Millisecond), "opc-request-id", requestIDOf(reply))
	return reply, nil
}

func (m *Machine) log(msg string, args ...any) {
	if m.Log != nil {
		m.Log(msg, args...)
	}
}

// sessionOf makes a session of a token that belongs to a key.
func sessionOf(token string, key Key, region string) Session {
	return Session{KeyID: secret.New("ST$" + token), Key: key, Region: region}
}

// sessionFrom is the session of an answer for a key; none is the message if the answer has no token.
func sessionFrom(r *wire.Reply, token string, key Key, region, none string) (Session, error) {
	if _, ok := claimsOf(token); !ok {
		return Session{}, useless(r, none)
	}
	return sessionOf(token, key, region), nil
}

// claimsOf are the claims of a session token. ok: it is one, and may stand between quotes, in an Authorization and in JSON.
func claimsOf(token string) (c ident.Claims, ok bool) {
	c, ok = ident.ReadClaims(token)
	return c, ok && usable(token) && !strings.ContainsAny(token, `"$\`)
}
