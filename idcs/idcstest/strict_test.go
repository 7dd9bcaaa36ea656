package idcstest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Each row is one mistake in a request that would else succeed.
func TestRefusesRequests(t *testing.T) {
	s := open(t, Options{})
	c, token := s.SecretClient, "/oauth2/v1/token"
	good := form("grant_type", "client_credentials", "scope", "urn:opc:idm:__myscopes__")
	wantOK(t, post(t, s, token, good, withBasic(s)))
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	live := func() string { return s.NewLogin(c.ID, myScopes) }
	pub := "&client_id=" + s.PublicClient.ID
	for _, row := range []struct {
		name, body string
		edits      []func(*http.Request)
		status     int
		code       string
	}{
		{"unknown parameter", good + "&x=y", nil, 400, "invalid_request"},
		{"missing parameter", "grant_type=client_credentials", nil, 400, "invalid_request"},
		{"no grant_type", form("scope", "urn:opc:idm:__myscopes__"), nil, 400, "invalid_request"},
		{"unknown grant", form("grant_type", "implicit"), nil, 400, "unsupported_grant_type"},
		{"doubled parameter", good + "&grant_type=client_credentials", nil, 400, "invalid_request"},
		{"empty parameter", good + "&client_id=", nil, 400, "invalid_request"},
		{"parameter without =", good + "&x", nil, 400, "invalid_request"},
		{"raw = in a value", "grant_type=refresh_token&refresh_token=" + live(), nil, 400, "invalid_request"},
		{"bad escape", good + "%zz", nil, 400, "invalid_request"},
		{"raw colons", "grant_type=client_credentials&scope=urn:opc:idm:__myscopes__", nil, 400, "invalid_request"},
		{"secret in the form", good + "&" + form("client_secret", c.Secret), nil, 400, "invalid_request"},
		{"client_id beside Basic", good + "&client_id=" + c.ID, nil, 400, "invalid_request"},
		{"GET", good, []func(*http.Request){func(r *http.Request) { r.Method = "GET" }}, 405, "invalid_request"},
		{"PUT", good, []func(*http.Request){func(r *http.Request) { r.Method = "PUT" }}, 405, "invalid_request"},
		{"JSON", good, []func(*http.Request){header("Content-Type", "application/json")}, 415, "invalid_request"},
		{"no type", good, []func(*http.Request){func(r *http.Request) { r.Header.Del("Content-Type") }}, 415, "invalid_request"},
		{"charset", good, []func(*http.Request){header("Content-Type", "application/x-www-form-urlencoded; charset=latin1")}, 415, "invalid_request"},
		{"query", good, []func(*http.Request){func(r *http.Request) { r.URL.RawQuery = "a=b" }}, 400, "invalid_request"},
		{"cookie", good, []func(*http.Request){header("Cookie", "a=b")}, 400, "invalid_request"},
		{"referer", good, []func(*http.Request){header("Referer", "https://a.example.com")}, 400, "invalid_request"},
		{"two Authorizations", good, []func(*http.Request){func(r *http.Request) { r.Header.Add("Authorization", "Basic eA==") }}, 400, "invalid_request"},
		{"Bearer", good, []func(*http.Request){header("Authorization", "Bearer abc")}, 401, "invalid_client"},
		{"no base64", good, []func(*http.Request){header("Authorization", "Basic ***")}, 401, "invalid_client"},
		{"raw Basic", good, []func(*http.Request){rawBasic(c.ID + ":" + c.Secret)}, 401, "invalid_client"},
		{"no colon", good, []func(*http.Request){rawBasic(c.ID)}, 401, "invalid_client"},
		{"another secret", good, []func(*http.Request){rawBasic(c.ID + ":x")}, 401, "invalid_client"},
		{"unknown client", good, []func(*http.Request){rawBasic("x:" + url.QueryEscape(c.Secret))}, 401, "invalid_client"},
		{"client of a key by Basic", good, []func(*http.Request){rawBasic(s.KeyClient.ID + ":x")}, 401, "invalid_client"},
		{"assertion beside Basic", good + "&" + form("client_assertion_type", assertionType, "client_assertion", "x"), nil, 400, "invalid_request"},
		{"confidential without proof", good + "&client_id=" + c.ID, []func(*http.Request){func(r *http.Request) { r.Header.Del("Authorization") }}, 401, "invalid_client"},
		{"nobody", good, []func(*http.Request){func(r *http.Request) { r.Header.Del("Authorization") }}, 400, "invalid_request"},
		{"wrong password", form("grant_type", "password", "username", s.User.Name, "password", "x", "scope", myScopes), nil, 400, "invalid_grant"},
		{"unknown user", form("grant_type", "password", "username", "x", "password", s.User.Password, "scope", myScopes), nil, 400, "invalid_grant"},
		{"scope of others", form("grant_type", "client_credentials", "scope", "urn:other"), nil, 400, "invalid_scope"},
		{"scope twice", form("grant_type", "client_credentials", "scope", "urn:opc:idm:__myscopes__ urn:opc:idm:__myscopes__"), nil, 400, "invalid_scope"},
		{"two spaces", form("grant_type", "client_credentials", "scope", "urn:opc:idm:__myscopes__  offline_access"), nil, 400, "invalid_scope"},
		{"short expiry", form("grant_type", "client_credentials", "scope", "urn:opc:idm:__myscopes__ urn:opc:resource:expiry=59"), nil, 400, "invalid_scope"},
		{"expiry beside all", form("grant_type", "client_credentials", "scope", everyResource+" urn:opc:resource:expiry=60"), nil, 400, "invalid_scope"},
		{"more at refresh", refreshForm(live()) + "&" + form("scope", myScopes+" openid"), nil, 400, "invalid_scope"},
		{"refresh of another's", refreshForm(s.NewLogin(s.KeyClient.ID, myScopes)), nil, 400, "invalid_grant"},
		{"unknown refresh token", refreshForm("AQIDBAUx="), nil, 400, "invalid_grant"},
	} {
		edits := append([]func(*http.Request){withBasic(s)}, row.edits...)
		r := post(t, s, token, row.body, edits...)
		if r.status != row.status || r.text("error") != row.code || r.text("ecid") == "" {
			t.Errorf("%s: got %d %s, want %d %s", row.name, r.status, r.body, row.status, row.code)
		}
	}
	for name, body := range map[string]string{
		"client_credentials": good,
		"password":           passwordForm(s, myScopes),
		"assertion":          form("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion", "x", "scope", myScopes),
	} {
		r := post(t, s, token, body+pub)
		if r.text("error") != "unauthorized_client" {
			t.Errorf("public client, %s: %d %s", name, r.status, r.body)
		}
	}
	wantBroken(t, s)
}

// Each row spoils an assertion that would else be taken, once as the client's and once as the user's.
func TestRefusesAssertions(t *testing.T) {
	s := open(t, Options{})
	c, now := s.KeyClient, time.Now().Unix()
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	set := func(name string, v any) func(*jwt.Token, jwt.MapClaims) {
		return func(_ *jwt.Token, m jwt.MapClaims) { m[name] = v }
	}
	without := func(name string) func(*jwt.Token, jwt.MapClaims) {
		return func(_ *jwt.Token, m jwt.MapClaims) { delete(m, name) }
	}
	head := func(name string, v any) func(*jwt.Token, jwt.MapClaims) {
		return func(t *jwt.Token, _ jwt.MapClaims) { t.Header[name] = v }
	}
	method := func(m jwt.SigningMethod, key any) func(*jwt.Token, jwt.MapClaims) {
		return func(t *jwt.Token, _ jwt.MapClaims) {
			t.Method, t.Header["alg"], t.Header["test key"] = m, m.Alg(), key
		}
	}
	rows := map[string]func(*jwt.Token, jwt.MapClaims){
		"none":          method(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType),
		"HS256":         method(jwt.SigningMethodHS256, c.Key.CertPEM()),
		"PS256":         method(jwt.SigningMethodPS256, c.Key.Private),
		"RS512":         method(jwt.SigningMethodRS512, c.Key.Private),
		"ES256":         method(jwt.SigningMethodES256, ec),
		"another key":   head("test key", s.SecretClient.Key.Private),
		"another x5t":   head("x5t", s.SecretClient.Key.X5T()),
		"another kid":   head("kid", "x"),
		"no key named":  func(t *jwt.Token, _ jwt.MapClaims) { delete(t.Header, "x5t") },
		"typ":           head("typ", "at+jwt"),
		"crit":          head("crit", []string{"exp"}),
		"iss":           set("iss", s.SecretClient.ID),
		"no sub":        without("sub"),
		"sub":           set("sub", "nobody@example.com"),
		"aud":           set("aud", s.URL()),
		"aud array":     set("aud", []string{"https://identity.oraclecloud.com/"}),
		"no aud":        without("aud"),
		"no exp":        without("exp"),
		"expired":       set("exp", now-10),
		"exp too far":   set("exp", now+3700),
		"exp text":      set("exp", "1999999999"),
		"exp fraction":  set("exp", float64(now)+60.5),
		"iat in future": set("iat", now+60),
		"no iat":        without("iat"),
		"nbf in future": set("nbf", now+60),
		"no jti":        without("jti"),
	}
	user := func(a string) reply {
		return post(t, s, "/oauth2/v1/token", form("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion", a, "scope", myScopes)+
			"&"+assertionForm(c.ID, signed(t, s, c, c.ID, nil)))
	}
	asClient := func(a string) reply {
		return post(t, s, "/oauth2/v1/token", form("grant_type", "client_credentials", "scope", "urn:opc:idm:__myscopes__")+"&"+assertionForm(c.ID, a))
	}
	for name, edit := range rows {
		t.Run(name, func(t *testing.T) {
			wantError(t, asClient(signed(t, s, c, c.ID, edit)), 401, "invalid_client")
			wantError(t, user(signed(t, s, c, s.User.Name, edit)), 400, "invalid_grant")
		})
	}
	wantOK(t, user(signed(t, s, c, s.User.Name, nil)))
	wantOK(t, asClient(signed(t, s, c, c.ID, func(t *jwt.Token, _ jwt.MapClaims) {
		delete(t.Header, "x5t")
		t.Header["kid"] = c.Key.Alias
	})))
	wantError(t, asClient(signed(t, s, c, s.User.Name, nil)), 401, "invalid_client")
	wantBroken(t, s)

	twice := signed(t, s, c, c.ID, nil)
	wantOK(t, asClient(twice))
	wantError(t, asClient(twice), 401, "invalid_client")
	wantBroken(t, s, "I4 broken")

	s.SetSkew(10 * time.Minute)
	late := signed(t, s, c, c.ID, func(_ *jwt.Token, m jwt.MapClaims) { m["iat"], m["nbf"], m["exp"] = now-30, now-30, now+300 })
	r := asClient(late)
	wantError(t, r, 401, "invalid_client")
	if date, err := http.ParseTime(r.header.Get("Date")); err != nil || time.Until(date) < 9*time.Minute {
		t.Errorf("Date %q, %v", r.header.Get("Date"), err)
	}

	trusted := c
	trusted.ID, trusted.Trusted = randomHex(16), false
	if err := s.AddClient(trusted); err != nil {
		t.Fatal(err)
	}
	c = trusted
	wantError(t, user(signed(t, s, c, s.User.Name, nil)), 400, "unauthorized_client")
}

func TestRevokeEndsALogin(t *testing.T) {
	s := open(t, Options{})
	token := s.NewLogin(s.SecretClient.ID, myScopes)
	wantError(t, post(t, s, "/oauth2/v1/revoke", form("token", token)), 400, "invalid_request")
	wantError(t, post(t, s, "/oauth2/v1/revoke", form("token", token, "client_id", s.PublicClient.ID)), 400, "invalid_grant")
	wantError(t, post(t, s, "/oauth2/v1/revoke", form("token", token, "token_type_hint", "refresh_token"), withBasic(s)), 400, "invalid_request")
	if !s.Alive(token) {
		t.Fatal("it ended too early")
	}
	for _, known := range []string{token, "AQIDBAUx="} {
		if r := post(t, s, "/oauth2/v1/revoke", form("token", known), withBasic(s)); r.status != 200 || r.body != "" {
			t.Errorf("%d %s", r.status, r.body)
		}
	}
	if s.Alive(token) {
		t.Error("revoked, and alive")
	}
}

func TestDiscoveryAndKeys(t *testing.T) {
	get := func(s *Server, path string) reply {
		return post(t, s, path, "", func(r *http.Request) { r.Method = "GET"; r.Header.Del("Content-Type") })
	}
	s := Start(t, Options{})
	if r := get(s, "/.well-known/openid-configuration"); r.text("issuer") != "https://identity.oraclecloud.com/" {
		t.Errorf("%d %s", r.status, r.body)
	}
	wantError(t, get(s, "/admin/v1/SigningCert/jwk"), 401, "unauthorized")
	s = Start(t, Options{OpenKeys: true, Issuer: "https://issuer.example.com"})
	if r := get(s, "/.well-known/openid-configuration"); r.text("issuer") != "https://issuer.example.com" {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := get(s, "/admin/v1/SigningCert/jwk"); r.status != 200 || len(r.members["keys"].([]any)) != 1 {
		t.Errorf("%d %s", r.status, r.body)
	}
	wantError(t, get(s, "/elsewhere"), 404, "not_found")

	s.ConfigureClientAccess(false)
	wantError(t, get(s, "/admin/v1/SigningCert/jwk"), 401, "unauthorized")
	s.ConfigureClientAccess(true)
	if r := get(s, "/admin/v1/SigningCert/jwk"); r.status != 200 {
		t.Errorf("opened again: %d %s", r.status, r.body)
	}
}

// Another signing key is published in place of the old one, and takes the old one's tokens with it. The
// login goes on.
func TestRotateKeys(t *testing.T) {
	s := Start(t, Options{OpenKeys: true})
	kid := func() any {
		r := post(t, s, "/admin/v1/SigningCert/jwk", "", func(r *http.Request) { r.Method = "GET"; r.Header.Del("Content-Type") })
		keys := r.members["keys"].([]any)
		if len(keys) != 1 {
			t.Errorf("%d keys", len(keys))
		}
		return keys[0].(map[string]any)["kid"]
	}
	access := func(refresh string) (token, next string) {
		r := post(t, s, "/oauth2/v1/token", refreshForm(refresh), withBasic(s))
		wantOK(t, r)
		return r.text("access_token"), r.text("refresh_token")
	}
	before, refresh := access(s.NewLogin(s.SecretClient.ID, myScopes))
	old := kid()
	if err := s.RotateKeys(); err != nil {
		t.Fatal(err)
	}
	if kid() == old {
		t.Error("the old key is still published")
	}
	if _, err := s.Verify(before); err == nil {
		t.Error("a token of before is still good")
	}
	after, _ := access(refresh)
	if _, err := s.Verify(after); err != nil {
		t.Error(err)
	}
}
