package oci

import (
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/rsakey"
	"github.com/credential-idcs/credential-idcs/internal/secret"
	"github.com/credential-idcs/credential-idcs/internal/wire"
	"github.com/credential-idcs/credential-idcs/oci/ident"
)

// MetadataURL is the metadata service of every OCI instance.
const MetadataURL = "http://169.254.169.254/opc/v2"

// An Instance is the OCI instance on which this process runs.
type Instance struct {
	Metadata string // "": MetadataURL
	Region   string // "": the metadata service's

	// patience is what a connection and all answers may take, for tests on a machine with much to do; 0: the usual.
	patience time.Duration
}

// How long the metadata service may take. It is on the machine's own host, so it answers at once or not at all.
const (
	metadataConnect = 500 * time.Millisecond
	metadataLimit   = 2 * time.Second
)

// identity has the answers of the metadata service.
type identity struct {
	region               string
	certificate, between *x509.Certificate
	key                  Key
}

// Session gets the instance's certificate from the metadata service, and exchanges it for a session. Meanwhile it makes the
// session's key, which takes longest, and opens the connection to the federation endpoint.
func (p Instance) Session(ctx context.Context, m *Machine) (Session, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type made struct {
		key Key
		err error
	}
	making := make(chan made, 1)
	go func() {
		k, err := newKey(m.Rand)
		making <- made{k, err}
	}()
	type opened struct {
		conn *wire.Conn
		err  error
	}
	opening := make(chan opened, 1)
	begun := false
	open := func(region string) {
		begun = true
		go func() {
			l, err := m.way().Open(ctx, &url.URL{Scheme: "https", Host: ident.AuthHost(region)})
			opening <- opened{l, err}
		}()
	}
	id, err := p.ask(ctx, m, open)
	if err != nil { // don't wait for the key, and close the connection
		cancel()
		if begun {
			if o := <-opening; o.conn != nil {
				o.conn.Close()
			}
		}
		return Session{}, err
	}
	k, o := <-making, <-opening
	switch {
	case k.err != nil:
		err = k.err
	case o.err != nil:
		err = unanswered(ident.AuthHost(id.region), o.err)
	}
	if err != nil {
		if o.conn != nil {
			o.conn.Close()
		}
		return Session{}, err
	}
	return m.federate(ctx, id, k.key, o.conn)
}

// ask sends the four requests to the metadata service on one connection. If certificate and key don't belong together,
// they were rotated between the requests, and both are fetched once more.
func (p Instance) ask(ctx context.Context, m *Machine, open func(region string)) (identity, error) {
	base := p.Metadata
	if base == "" {
		base = MetadataURL
	}
	u, err := url.Parse(base)
	if err != nil {
		return identity{}, settings("metadata_url can't be read")
	}
	connect, limit := metadataConnect, metadataLimit
	if p.patience != 0 {
		connect, limit = p.patience, p.patience
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	way := m.way()
	way.Connect, way.Proxy = connect, nil
	s := &service{m: m, way: way, base: u}
	defer s.close()
	get := func(name string) (string, error) { return s.get(ctx, name) }
	var id identity
	if id.region = p.Region; id.region == "" {
		text, err := get("/instance/region")
		if err != nil {
			return identity{}, err
		}
		var ok bool
		if id.region, ok = ident.ParseRegion(strings.TrimSpace(text)); !ok {
			return identity{}, &Error{Class: ErrFailure, Text: "the metadata service names no region"}
		}
	}
	open(id.region)
	for again := true; ; again = false {
		if err := id.pair(get); err != nil {
			return identity{}, err
		}
		if id.key.Private().PublicKey.Equal(id.certificate.PublicKey) {
			break
		}
		if !again {
			return identity{}, &Error{Class: ErrLater, Text: "the metadata service gives a certificate and a key that don't belong together"}
		}
	}
	between, err := get("/identity/intermediate.pem")
	if err != nil {
		return identity{}, err
	}
	if id.between = certificate(between); id.between == nil {
		return identity{}, unreadable()
	}
	return id, nil
}

// pair gets certificate and key.
func (id *identity) pair(get func(string) (string, error)) error {
	cert, err := get("/identity/cert.pem")
	if err != nil {
		return err
	}
	text, err := get("/identity/key.pem")
	if err != nil {
		return err
	}
	id.certificate = certificate(cert)
	k, err := rsakey.Parse([]byte(text))
	if id.certificate == nil || err != nil {
		return unreadable()
	}
	if _, ok := id.certificate.PublicKey.(*rsa.PublicKey); !ok {
		return unreadable()
	}
	id.key = Key{k}
	return nil
}

//go:noinline
func unreadable() *Error {
	return &Error{Class: ErrFailure, Text: "the metadata service's answer can't be used"}
}

// certificate is the first certificate of a PEM text; nil: there is none.
func certificate(text string) *x509.Certificate {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil
	}
	return c
}

// A service is a connection to the metadata service.
type service struct {
	m    *Machine
	way  *wire.Way
	base *url.URL
	conn *wire.Conn // nil: none is open
}

func (s *service) close() {
	if s.conn != nil {
		s.conn.Close()
		s.conn = nil
	}
}

// get sends one request. The service demands the Authorization header against attackers who can make a machine fetch a URL,
// but not set a header.
//
// https://docs.oracle.com/en-us/iaas/Content/Compute/Tasks/gettingmetadata.htm
func (s *service) get(ctx context.Context, name string) (string, error) {
	u := *s.base
	u.Path += name
	if s.conn == nil {
		var err error
		if s.conn, err = s.way.Open(ctx, &u); err != nil {
			return "", noInstance(s.base, err)
		}
	}
	r, err := s.m.send(ctx, s.conn, wire.Request{
		Method: http.MethodGet, URL: &u, Keep: true,
		Header: http.Header{"Authorization": {"Bearer Oracle"}, "User-Agent": {s.m.UserAgent}},
	})
	if err != nil || r.Header.Get("Connection") == "close" {
		s.close()
	}
	switch {
	case err != nil:
		return "", noInstance(s.base, err)
	case r.Status == http.StatusOK:
		return string(r.Body), nil
	case r.Status == http.StatusTooManyRequests:
		return "", &Error{Class: ErrLater, Status: r.Status, RetryAfter: r.RetryAfter(), Text: "the metadata service is busy (429)"}
	}
	e := refused("the metadata service", r)
	if r.Status/100 == 4 && e.Class == ErrSettings {
		e.Text = "this instance has no principal: the metadata service says " + http.StatusText(r.Status)
	}
	return "", e
}

// noInstance is the error if there is no metadata service.
func noInstance(u *url.URL, err error) error {
	return &Error{
		Class: ErrSettings, Text: "this is no OCI instance: " + u.Hostname() + " doesn't answer", NotSent: true, Err: err,
	}
}

// federate gets the session with a request that is signed by the instance's own key. That signature doesn't include the
// host, so the URL is made only from the table of regions.
//
// Read in oci-go-sdk v65.130.0, common/auth/federation_client.go:378-559.
func (m *Machine) federate(ctx context.Context, id identity, key Key, conn *wire.Conn) (Session, error) {
	tenancy := tenancyOf(id.certificate)
	if tenancy == "" {
		conn.Close()
		return Session{}, &Error{Class: ErrFailure, Text: "the instance's certificate names no tenancy"}
	}
	sum := sha256.Sum256(id.certificate.Raw)
	own := Session{KeyID: secret.New(tenancy + "/fed-x509-sha256/" + colons(sum[:])), Key: id.key, Region: id.region}
	body := `{"certificate":"` + base64Of(id.certificate.Raw) + `","publicKey":"` + base64Of(key.spki()) +
		`","intermediateCertificates":["` + base64Of(id.between.Raw) + `"],"fingerprintAlgorithm":"SHA256"}`
	host := ident.AuthHost(id.region)
	r, err := m.signed(ctx, own, &Message{
		Method: http.MethodPost, Host: host, Target: "/v1/x509", ContentType: "application/json", Body: []byte(body), NoHost: true,
	}, conn)
	switch {
	case err != nil:
		return Session{}, err
	case r.Status == http.StatusUnauthorized:
		e := refused(host, r)
		e.Text = strings.Replace(e.Text, "refused the signature (401", "doesn't know this instance's certificate (401", 1)
		return Session{}, e
	case r.Status != http.StatusOK:
		return Session{}, refused(host, r)
	}
	token, _ := tokenOf(r.Body)
	return sessionFrom(r, token, key, id.region, host+" answered without a token")
}

// base64Of of DER is the form that Oracle accepts: PEM without its BEGIN and END lines and line breaks.
//
//go:noinline
func base64Of(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// tenancyOf is the tenancy in the subject of an instance's certificate; "": it has none.
func tenancyOf(c *x509.Certificate) string {
	for _, name := range c.Subject.Names {
		if s, ok := name.Value.(string); ok {
			if id, found := strings.CutPrefix(s, "opc-tenant:"); found && ident.IsOCID(id) {
				return id
			}
		}
	}
	return ""
}
