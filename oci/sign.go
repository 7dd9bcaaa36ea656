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

// A Session signs requests: it is a key, and the name under which Oracle knows it. It is never stored: a call gets one,
// signs, and forgets it.
type Session struct {
	// KeyID is ST$ and a session token (a JWT), or TENANCY/USER/FINGERPRINT for an API key.
	KeyID  secret.Text
	Key    Key
	Region string // where the session's requests go: "us-ashburn-1"
}

// Subject is whose the session is, usually an OCID; "": KeyID doesn't name it.
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

// A Message is what a signature covers of a request, byte for byte as it is sent.
type Message struct {
	Method string
	Host   string // the Host header: name, and port if it isn't 443
	Target string // path and query, as on the request line
	// Date is the Date header. It is text because Oracle's published test vectors have a wrong weekday.
	Date        string
	ContentType string // of a POST
	Body        []byte // of a POST
	// NoHost leaves the host out of the signature, as only the federation endpoint requires.
	NoHost bool
}

// Digest is the X-Content-Sha256 header of a body.
func Digest(body []byte) string {
	sum := sha256.Sum256(body)
	return base64Of(sum[:])
}

// Headers are the headers that sign m at a time: Date, Authorization and, for a POST, Content-Type and X-Content-Sha256.
// It sets m.Date.
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

// Authorization is the Authorization header for m: version 1 of Oracle's HTTP signatures, RSA PKCS #1 v1.5 with SHA-256.
// The same message gives the same header. An error is that of the key.
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
