package idcs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
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

// S61: Verified the way a domain would: with the public key, the audience, and a clock of its own.
func TestAssertionsAreWhatTheDomainVerifies(t *testing.T) {
	signer := Signer{Key: rsakey.New(rsaOnce()), KeyID: "buildkey2025", Thumbprint: "thumb"}
	d, s := recorder(t, 200, good)
	c := newClient(d.URL)
	c.Proof = Assertion{signer}
	c.Skew = 10 * time.Minute // the domain is ahead of us

	c.Roots = x509.NewCertPool()
	_, err := c.Token(bound(t), UserAssertion{"ana@example.com", signer, "s"}, nil)
	expect(t, err, ErrConfiguration, NotSent) // signed, and never sent

	c.Roots = roots()
	if _, err := c.Token(bound(t), UserAssertion{"ana@example.com", signer, "s"}, nil); err != nil {
		t.Fatal(err)
	}
	jtis := map[any]bool{}
	for name, sub := range map[string]string{"client_assertion": clientID, "assertion": "ana@example.com"} {
		claims := jwt.MapClaims{}
		token, err := jwt.ParseWithClaims(s.form.Get(name), claims,
			func(*jwt.Token) (any, error) { return &rsaOnce().PublicKey, nil },
			jwt.WithValidMethods([]string{"RS256"}), jwt.WithAudience("https://identity.oraclecloud.com/"),
			jwt.WithIssuer(clientID), jwt.WithSubject(sub), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
			jwt.WithTimeFunc(func() time.Time { return time.Now().Add(10 * time.Minute) }))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(token.Header, map[string]any{"alg": "RS256", "typ": "JWT", "kid": "buildkey2025", "x5t": "thumb"}); diff != "" {
			t.Errorf("%s header: %s", name, diff)
		}
		if aud, ok := claims["aud"].(string); !ok || aud != DefaultAudience {
			t.Errorf("%s: aud is %#v, want one string", name, claims["aud"])
		}
		if claims["exp"].(float64)-claims["iat"].(float64) != 330 || claims["iat"] != claims["nbf"] {
			t.Errorf("%s: times %v", name, claims)
		}
		jtis[claims["jti"]] = true
	}
	if len(jtis) != 2 {
		t.Errorf("jti: %v, want two", jtis)
	}
}

// S60, S62: 1000 assertions, 1000 jti of 128 bits, at an exact time.
func TestEveryAssertionIsNew(t *testing.T) {
	now := time.Unix(1_800_000_000, 999_000_000)
	c := newClient("https://127.0.0.1")
	seen := map[string]bool{}
	n := 1000
	if testing.Short() {
		n = 20
	}
	for range n {
		signed, err := testSigner().sign(t.Context(), now, c.Rand, "c", "s")
		if err != nil {
			t.Fatal(err)
		}
		m, ok := jwtClaims(signed.Reveal())
		id := textOf(m["jti"])
		raw, err := base64.RawURLEncoding.DecodeString(id)
		if !ok || err != nil || len(raw) != 16 || seen[id] {
			t.Fatalf("jti %q: %v", id, err)
		}
		seen[id] = true
		for name, want := range map[string]string{"iat": "1799999970", "nbf": "1799999970", "exp": "1800000300"} {
			if got := m[name]; cmp.Diff(got, json.Number(want)) != "" {
				t.Fatalf("%s: got %v, want %s", name, got, want)
			}
		}
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
