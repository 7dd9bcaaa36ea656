package oci

import (
	"crypto/sha256"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/oci/ident"
)

// A Session signs requests: it is a key, and the name under which Oracle knows it. It lives in memory
// for the one call that derives something from it, and is never stored.
type Session struct {
	// KeyID is ST$ and a session token (a JWT), or TENANCY/USER/FINGERPRINT for an API key.
	KeyID secret.Text
	Key   Key
	// Region is the principal's home for this call, as in "us-ashburn-1".
	Region string
}

// Subject is whom the session names, usually by an OCID; "": it doesn't say.
func (s Session) Subject() string {
	id := s.KeyID.Reveal()
	if token, ok := strings.CutPrefix(id, "ST$"); ok {
		c, _ := ident.ReadClaims(token)
		return c.Subject
	}
	_, rest, _ := strings.Cut(id, "/")
	user, _, _ := strings.Cut(rest, "/")
	return user
}

// A Message is what a signature covers of a request, in the very bytes that are sent.
type Message struct {
	Method string
	Host   string // the Host header: name, and port if it isn't 443
	Target string // path and query, as on the request line
	// Date is the Date header. It is text: the vectors that Oracle published name a weekday that
	// wasn't one.
	Date        string
	ContentType string // of a POST
	Body        []byte // of a POST
	// NoHost leaves the host out, which only the federation endpoint wants so.
	NoHost bool
}

// Digest is the X-Content-Sha256 header of a body.
func Digest(body []byte) string {
	sum := sha256.Sum256(body)
	return base64Of(sum[:])
}

// Headers are the headers that sign m at a time: Date, Authorization and, of a POST, what it says of its body. They go
// with exactly m's line, host and body, and m gets their Date.
func (s Session) Headers(m *Message, at time.Time) (http.Header, error) {
	m.Date = date(at)
	authorization, err := s.Authorization(m)
	if err != nil {
		return nil, err
	}
	h := http.Header{"Date": {m.Date}, "Authorization": {authorization.Reveal()}}
	if m.Method == http.MethodPost {
		h["Content-Type"], h["X-Content-Sha256"] = []string{m.ContentType}, []string{Digest(m.Body)}
	}
	return h, nil
}

// Authorization is the header that signs m: version 1 of Oracle's HTTP signatures, RSA PKCS #1 v1.5
// with SHA-256. The same message gives the same header.
//
// https://docs.oracle.com/en-us/iaas/Content/API/Concepts/signingrequests.htm
func (s Session) Authorization(m *Message) (secret.Text, error) {
	lines := []string{"date: " + m.Date, "(request-target): " + strings.ToLower(m.Method) + " " + m.Target}
	if !m.NoHost {
		lines = append(lines, "host: "+m.Host)
	}
	if m.Method == http.MethodPost {
		lines = append(lines, "content-length: "+strconv.Itoa(len(m.Body)), "content-type: "+m.ContentType, "x-content-sha256: "+Digest(m.Body))
	}
	names := make([]string, len(lines))
	for i, line := range lines {
		names[i], _, _ = strings.Cut(line, ": ")
	}
	signature, err := s.Key.sign(strings.Join(lines, "\n"))
	if err != nil {
		return secret.Text{}, err
	}
	return secret.New(`Signature version="1",headers="` + strings.Join(names, " ") +
		`",keyId="` + s.KeyID.Reveal() +
		`",algorithm="rsa-sha256",signature="` + base64Of(signature) + `"`), nil
}
