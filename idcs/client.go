package idcs

import (
	"context"
	"crypto/x509"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/wire"
)

// A Client talks to one identity domain. Domain, ClientID, Now and Rand must be set.
//
// A Client is a value without state: it keeps no connection, no token and no time between two
// calls. Several goroutines may use one if its fields aren't changed meanwhile and its functions
// allow it.
type Client struct {
	Domain   string // as ParseDomain returns it; https only
	ClientID string
	Proof    Proof // nil: a public client

	// Roots are the certificates that the domain's (and an https proxy's) must lead to; nil: the
	// system's.
	Roots *x509.CertPool
	// Proxy returns the proxy for a URL (http or https, perhaps with user and password), nil for none.
	// A nil Proxy is none, too. Which variables count is the caller's business; its errors are never
	// repeated, because they may quote a password.
	Proxy func(*url.URL) (*url.URL, error)
	// Connect bounds name lookup, proxy, TCP and TLS together, by the wall clock. 0: only the
	// context does.
	Connect time.Duration

	UserAgent string // program and version; empty: none is sent

	Now  func() time.Time
	Rand io.Reader // cryptographically secure: crypto/rand.Reader
	// Skew is the domain's clock minus ours, as an earlier Clock told: it corrects the times of
	// assertions.
	Skew time.Duration
}

// A Clock is what an answer tells about this machine's clock.
type Clock = wire.Clock

func (c *Client) proof() Proof {
	if c.Proof == nil {
		return Public{}
	}
	return c.Proof
}

// Token hands a grant to the token endpoint: one connection, one request, never a second one.
//
// It connects first. Then it calls sending, if that isn't nil: the last moment at which nothing has
// been sent. An error of sending ends the call so; errors.Is finds it in the Error. Then the request
// is written once, on the connection that is up, and ctx alone decides how long the answer may
// take: by its cancellation, not by its Deadline, so that a caller may count only the time in which
// its process really ran.
//
// Every error is an *Error, which says whether the grant may have been used, but for what Signer.Sign
// fails with: then nothing was sent.
func (c *Client) Token(ctx context.Context, g Grant, sending func() error) (Answer, error) {
	form := url.Values{}
	signing, cancel := context.WithTimeout(ctx, signLimit)
	defer cancel()
	if err := g.fill(signing, c, form); err != nil {
		return Answer{}, err
	}
	r, err := c.post(ctx, signing, tokenPath, form, c.proof(), sending)
	if err != nil {
		return Answer{}, err
	}
	return r.token(g.refused())
}

// signLimit bounds all signatures of a request. A key that waits for a person's touch ends so: others
// wait for the lock.
const signLimit = 3 * time.Second

// post sends a form, with the proof of the client if there is one to give, and returns whatever
// answer came.
func (c *Client) post(ctx, signing context.Context, path string, form url.Values, p Proof, sending func() error) (*reply, error) {
	u, err := c.endpoint(path)
	if err != nil {
		return nil, err
	}
	signature, signed := p.(Signature)
	if c.ClientID == "" && !signed {
		return nil, refuse("there is no client id", nil)
	}
	header := http.Header{
		"Content-Type": {"application/x-www-form-urlencoded"},
		"Accept":       {"application/json"},
		// Without it any coding would be acceptable (RFC 9110 12.5.3).
		"Accept-Encoding": {"identity"},
		"User-Agent":      {c.UserAgent}, // empty: net/http sends none either
	}
	if p != nil {
		if err := p.prove(signing, c, form, header); err != nil {
			return nil, err
		}
	}
	if signed {
		header.Set("Content-Type", signedType)
	}
	way := wire.Way{Who: "the domain", Roots: c.Roots, Proxy: c.Proxy, Connect: c.Connect, UserAgent: c.UserAgent, Now: c.Now}
	conn, err := way.Open(ctx, u)
	if err != nil {
		return nil, broken(err, nil)
	}
	defer conn.Close()
	body := form.Encode()
	if signed {
		more, err := signature.Sign(u.Host, u.Path, signedType, []byte(body))
		if err != nil {
			return nil, refuse("the request can't be signed", err)
		}
		for name, values := range more {
			header[name] = values
		}
	}
	secrets := secretsOf(form, header)
	request, err := wire.Request{Method: http.MethodPost, URL: u, Header: header, Body: body}.Bytes()
	if err != nil {
		return nil, refuse("the request can't be written", nil)
	}
	if sending != nil {
		if err := sending(); err != nil {
			return nil, &Error{Class: ErrFailure, Outcome: NotSent, Cause: "nothing was sent: the caller called it off", Err: err}
		}
	}
	if ctx.Err() != nil {
		return nil, broken(wire.Interrupted(ctx), nil)
	}
	r, err := conn.ExchangeUntil(ctx, request, complete)
	if r == nil {
		return nil, broken(err, nil)
	}
	answer := &reply{Reply: *r, secrets: secrets, clientID: c.ClientID, skew: c.Skew}
	if err != nil {
		answer.broken = broken(err, r)
	}
	return answer, nil
}
