package idcs

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/credential-idcs/credential-idcs/internal/rsakey"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

const good = `{"access_token":"opaque-access","token_type":"Bearer","expires_in":3600,"refresh_token":"AQIDBAUnew="}`

// seen is what arrived at the domain.
type seen struct {
	path   string
	header http.Header
	form   url.Values
	body   string
}

func recorder(t *testing.T, status int, body string) (*domain, *seen) {
	s := &seen{}
	return newDomain(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		s.path, s.header, s.body = r.Method+" "+r.RequestURI, r.Header, string(b)
		s.form, _ = url.ParseQuery(s.body)
		w.WriteHeader(status)
		io.WriteString(w, body)
	}), s
}

// S39, S41: The two requests of the seed page, and a public client's.
// https://docs.oracle.com/cd/F88966_01/English/Integration_Documentation/p6_eppm_web_services_programming/102910.htm
func TestRefreshIsTheRequestOracleShows(t *testing.T) {
	for _, tt := range []struct {
		name  string
		proof Proof
		want  url.Values // beside the grant
		basic string
	}{
		{"secret", Secret{secret.New("s3cr+t /:ü")}, url.Values{}, clientID + ":s3cr%2Bt+%2F%3A%C3%BC"},
		{"public", Public{}, url.Values{"client_id": {clientID}}, ""},
		{"nothing", nil, url.Values{"client_id": {clientID}}, ""},
		{"assertion", Assertion{testSigner()}, url.Values{
			"client_id":             {clientID},
			"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, s := recorder(t, 200, good)
			c := newClient(d.URL)
			c.Proof = tt.proof
			if _, err := c.Token(bound(t), RefreshToken{Token: secret.New("AQIDBAUexample=")}, nil); err != nil {
				t.Fatal(err)
			}
			if s.path != "POST /oauth2/v1/token" || d.requests.Load() != 1 {
				t.Errorf("got %d × %s", d.requests.Load(), s.path)
			}
			if !strings.Contains(s.body, "refresh_token=AQIDBAUexample%3D") {
				t.Errorf("the final = isn't %%3D in %s", s.body)
			}
			s.form.Del("client_assertion")
			tt.want.Set("grant_type", "refresh_token")
			tt.want.Set("refresh_token", "AQIDBAUexample=")
			if diff := cmp.Diff(s.form, tt.want); diff != "" {
				t.Errorf("form, got - want +:\n%s", diff)
			}
			basic := ""
			if tt.basic != "" {
				basic = "Basic " + base64.StdEncoding.EncodeToString([]byte(tt.basic))
			}
			if got := s.header.Get("Authorization"); got != basic {
				t.Errorf("Authorization: got %q, want %q", got, basic)
			}
			s.header.Del("Authorization")
			s.header.Del("Content-Length")
			want := http.Header{
				"Accept": {"application/json"}, "Accept-Encoding": {"identity"}, "Connection": {"close"},
				"Content-Type": {"application/x-www-form-urlencoded"}, "User-Agent": {"credential-idcs/test"},
			}
			if diff := cmp.Diff(s.header, want); diff != "" {
				t.Errorf("header, got - want +:\n%s", diff)
			}
		})
	}
}

func TestEachGrantSendsItsParameters(t *testing.T) {
	for _, tt := range []struct {
		grant Grant
		want  url.Values
	}{
		{RefreshToken{secret.New("r"), "a b"}, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"r"}, "scope": {"a b"}}},
		{ClientCredentials{"s"}, url.Values{"grant_type": {"client_credentials"}, "scope": {"s"}}},
		{Password{"ana@example.com", secret.New("p&w=%"), "s"}, url.Values{"grant_type": {"password"}, "username": {"ana@example.com"}, "password": {"p&w=%"}, "scope": {"s"}}},
		{AuthorizationCode{secret.New("c"), "http://127.0.0.1:8976/callback", secret.New("v")}, url.Values{
			"grant_type": {"authorization_code"}, "code": {"c"}, "redirect_uri": {"http://127.0.0.1:8976/callback"}, "code_verifier": {"v"}}},
		{DeviceCode{secret.New("d")}, url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "device_code": {"d"}}},
		{UserAssertion{"ana@example.com", testSigner(), "s"}, url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "scope": {"s"}}},
	} {
		d, s := recorder(t, 200, good)
		c := newClient(d.URL)
		c.Proof = Secret{secret.New("secret")}
		if _, err := c.Token(bound(t), tt.grant, nil); err != nil {
			t.Fatalf("%T: %v", tt.grant, err)
		}
		s.form.Del("assertion")
		if diff := cmp.Diff(s.form, tt.want); diff != "" {
			t.Errorf("%T, got - want +:\n%s", tt.grant, diff)
		}
	}
}

func TestWhatCannotBeSentIsRefusedBefore(t *testing.T) {
	d, _ := recorder(t, 200, good)
	secretProof := Secret{secret.New("x")}
	for name, tt := range map[string]struct {
		domain string
		proof  Proof
		grant  Grant
	}{
		"http":                       {"http://" + strings.TrimPrefix(d.URL, "https://"), secretProof, refreshGrant()},
		"domain with a path":         {d.URL + "/x", secretProof, refreshGrant()},
		"no refresh token":           {d.URL, secretProof, RefreshToken{}},
		"empty secret":               {d.URL, Secret{}, refreshGrant()},
		"public client_credentials":  {d.URL, Public{}, ClientCredentials{"s"}},
		"public assertion":           {d.URL, nil, UserAssertion{"ana", testSigner(), "s"}},
		"assertion without a key":    {d.URL, Assertion{Signer{KeyID: "k"}}, refreshGrant()},
		"assertion without a kid":    {d.URL, Assertion{Signer{Key: rsakey.New(rsaOnce())}}, refreshGrant()},
		"assertion without a person": {d.URL, secretProof, UserAssertion{Signer: testSigner()}},
	} {
		c := newClient(tt.domain)
		c.Proof = tt.proof
		sent := func() error { t.Errorf("%s: sending was called", name); return nil }
		_, err := c.Token(bound(t), tt.grant, sent)
		if e := asError(t, err); e.Class != ErrConfiguration || !errors.Is(err, ErrNotSent) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if n := d.requests.Load(); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
}

// The seam to the cache: sending is called once, when the connection stands and nothing has been sent.
func TestSendingIsTheLastMomentBeforeTheRequest(t *testing.T) {
	var calls int
	d := newDomain(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, good) })
	c := newClient(d.URL)
	before := time.Time{}
	a, err := c.Token(bound(t), refreshGrant(), func() error {
		calls++
		if n := d.requests.Load(); n != 0 {
			t.Errorf("%d requests arrived before sending", n)
		}
		before = time.Now()
		return nil
	})
	if err != nil || calls != 1 {
		t.Fatalf("%d calls, %v", calls, err)
	}
	if a.SentAt.Before(before) {
		t.Errorf("SentAt %v is before sending, %v", a.SentAt, before)
	}

	no := errors.New("the lock was lost")
	_, err = c.Token(bound(t), refreshGrant(), func() error { return no })
	if !errors.Is(err, no) || !errors.Is(err, ErrNotSent) {
		t.Errorf("got %v, want the error of sending, not sent", err)
	}

	// Interrupted by a signal that came just before it was blocked.
	ctx, cancel := context.WithCancel(bound(t))
	_, err = c.Token(ctx, refreshGrant(), func() error { cancel(); return nil })
	expect(t, err, ErrLater, NotSent)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled inside", err)
	}

	c.Domain = "https://127.0.0.1:1"
	_, err = c.Token(bound(t), refreshGrant(), func() error { t.Error("sending was called without a connection"); return nil })
	expect(t, err, ErrLater, NotSent)
	if n := d.requests.Load(); n != 1 {
		t.Errorf("%d requests arrived, want 1", n)
	}
}

func TestCancelledContextOpensNoConnection(t *testing.T) {
	d := newRawDomain(t, func(*rawDomain, *net.TCPConn, *tls.Conn) {})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := newClient(d.URL).Token(ctx, refreshGrant(), nil)
	expect(t, err, ErrLater, NotSent)
	if n := d.connections.Load(); n != 0 {
		t.Errorf("%d connections", n)
	}
}

func TestRevokeAndProve(t *testing.T) {
	d, s := recorder(t, 200, "")
	c := newClient(d.URL)
	c.Proof = Secret{secret.New("secret")}
	if err := c.Revoke(bound(t), secret.New("AQIDBAUold="), nil); err != nil {
		t.Fatal(err)
	}
	if s.path != "POST /oauth2/v1/revoke" || s.form.Encode() != "token=AQIDBAUold%3D" || s.header.Get("Authorization") == "" {
		t.Errorf("got %s %s", s.path, s.body)
	}
	if _, err := c.Prove(bound(t)); err != nil {
		t.Error(err)
	}
	for _, tt := range []struct {
		status int
		body   string
		proven bool
		class  Class
	}{
		{400, `{"error":"invalid_request"}`, true, ErrConfiguration},
		{400, `{"error":"invalid_token"}`, true, ErrFailure},
		{400, `{"error":"invalid_client","ecid":"e"}`, false, ErrConfiguration},
		{401, ``, false, ErrConfiguration},
		{401, `{"error":"invalid_client"}`, false, ErrConfiguration},
		{503, ``, false, ErrLater},
		{302, ``, false, ErrConfiguration},
	} {
		d, _ := recorder(t, tt.status, tt.body)
		c.Domain = d.URL
		clock, err := c.Prove(bound(t))
		if (err == nil) != tt.proven || !clock.Known {
			t.Errorf("Prove, %d %s: %v, %v", tt.status, tt.body, clock, err)
		}
		if err := c.Revoke(bound(t), secret.New("AQIDBAUold="), nil); !errors.Is(err, tt.class) {
			t.Errorf("Revoke, %d %s: got %v, want %v", tt.status, tt.body, err, tt.class)
		}
	}
}
