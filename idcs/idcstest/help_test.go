package idcstest

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const myScopes = "urn:opc:idm:__myscopes__ offline_access"

// open starts a domain that may be mistreated: its broken invariants are for the test to look at.
func open(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.Close()
		if t.Failed() {
			t.Log("\n" + s.JournalText())
		}
	})
	return s
}

// context5 bounds the waiting of a test that would hang if it failed.
func context5(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// client is a plain http.Client, one connection a request, that follows nothing.
func client(s *Server) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			TLSClientConfig:   &tls.Config{RootCAs: s.CA.Pool(), MinVersion: tls.VersionTLS12},
			DisableKeepAlives: true, DisableCompression: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// A reply is an answer with its JSON members.
type reply struct {
	status  int
	header  http.Header
	body    string
	members map[string]any
}

func (r reply) text(member string) string { s, _ := r.members[member].(string); return s }

// request makes a POST of a raw body; edits change it.
func request(t *testing.T, s *Server, path, body string, edits ...func(*http.Request)) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, edit := range edits {
		edit(req)
	}
	return req
}

func try(s *Server, req *http.Request) (reply, error) {
	res, err := client(s).Do(req)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	r := reply{status: res.StatusCode, header: res.Header, body: string(body), members: map[string]any{}}
	_ = json.Unmarshal(body, &r.members)
	return r, err
}

func post(t *testing.T, s *Server, path, body string, edits ...func(*http.Request)) reply {
	t.Helper()
	r, err := try(s, request(t, s, path, body, edits...))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// withBasic authenticates as SecretClient, by hand.
func withBasic(s *Server) func(*http.Request) {
	c := s.SecretClient
	return rawBasic(url.QueryEscape(c.ID) + ":" + url.QueryEscape(c.Secret))
}

func rawBasic(pair string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(pair)))
	}
}

// form joins names and values with their escapes.
func form(pairs ...string) string {
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(pairs[i]) + "=" + url.QueryEscape(pairs[i+1]))
	}
	return b.String()
}

func refreshForm(token string) string {
	return form("grant_type", "refresh_token", "refresh_token", token)
}

func passwordForm(s *Server, scope string) string {
	return form("grant_type", "password", "username", s.User.Name, "password", s.User.Password, "scope", scope)
}

// signed makes an assertion of c for subject; edit changes it before it is signed.
func signed(t *testing.T, s *Server, c Client, subject string, edit func(*jwt.Token, jwt.MapClaims)) string {
	t.Helper()
	now := s.Now().Unix()
	claims := jwt.MapClaims{"iss": c.ID, "sub": subject, "aud": "https://identity.oraclecloud.com/",
		"iat": now - 30, "nbf": now - 30, "exp": now + 300, "jti": randomHex(16)}
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	token.Header["x5t"] = c.Key.X5T()
	var key any = c.Key.Private
	if edit != nil {
		edit(token, claims)
		if k, ok := token.Header["test key"]; ok {
			key = k
			delete(token.Header, "test key")
		}
	}
	out, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func assertionForm(id, assertion string) string {
	return form("client_id", id, "client_assertion_type", assertionType, "client_assertion", assertion)
}

// wantError checks status and code.
func wantError(t *testing.T, r reply, status int, code string) {
	t.Helper()
	if r.status != status || r.text("error") != code {
		t.Errorf("got %d %s, want %d %s", r.status, r.body, status, code)
	}
}

func wantOK(t *testing.T, r reply) {
	t.Helper()
	if r.status != 200 || r.text("access_token") == "" {
		t.Errorf("got %d %.200s, want tokens", r.status, r.body)
	}
}

func wantBroken(t *testing.T, s *Server, prefixes ...string) {
	t.Helper()
	got := s.Broken()
	ok := len(got) == len(prefixes)
	for i := 0; ok && i < len(got); i++ {
		ok = strings.HasPrefix(got[i], prefixes[i])
	}
	if !ok {
		t.Errorf("broken invariants: got %q, want %q", got, prefixes)
	}
}
