package idcstest

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

func TestEveryGrantBringsTokens(t *testing.T) {
	s := Start(t, Options{})
	key := func(body string) string {
		c := s.KeyClient
		return body + "&" + assertionForm(c.ID, signed(t, s, c, c.ID, nil))
	}
	basic := withBasic(s)

	r := post(t, s, "/oauth2/v1/token", form("grant_type", "client_credentials", "scope", "urn:opc:idm:__myscopes__"), basic)
	wantOK(t, r)
	if r.members["refresh_token"] != nil || r.members["expires_in"] != 3600.0 || r.members["token_type"] != "Bearer" {
		t.Errorf("client_credentials: %s", r.body)
	}
	wantOK(t, post(t, s, "/oauth2/v1/token", key(form("grant_type", "client_credentials", "scope", "urn:opc:idm:__myscopes__"))))
	wantOK(t, post(t, s, "/oauth2/v1/token", passwordForm(s, myScopes), basic))
	user := signed(t, s, s.SecretClient, s.User.Name, nil)
	r = post(t, s, "/oauth2/v1/token", form("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion", user, "scope", myScopes), basic)
	wantOK(t, r)
	refresh := r.text("refresh_token")
	if !strings.HasPrefix(refresh, "AQIDBAU") || !strings.HasSuffix(refresh, "=") {
		t.Errorf("refresh token %q", refresh)
	}
	for range 3 {
		r = post(t, s, "/oauth2/v1/token", refreshForm(refresh), basic)
		wantOK(t, r)
		if next := r.text("refresh_token"); next == "" || next == refresh {
			t.Fatal("no successor")
		}
		refresh = r.text("refresh_token")
	}
	c, err := s.Verify(r.text("access_token"))
	if err != nil || c.Subject != s.User.Name || c.Type != "AT" || c.ClientID != s.SecretClient.ID {
		t.Errorf("claims %+v, %v", c, err)
	}
	if got := s.Posts(Refresh); got != 3 {
		t.Errorf("%d refreshes counted", got)
	}
	if id, gen := s.Family(refresh); id == 0 || gen != 4 {
		t.Errorf("family %d, generation %d", id, gen)
	}
}

// authorizeURL is what a browser opens.
func authorizeURL(s *Server, c Client, edits ...string) string {
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{"client_id": {c.ID}, "response_type": {"code"}, "redirect_uri": {c.RedirectURIs[0]},
		"scope": {"openid offline_access"}, "state": {"st"}, "nonce": {"no"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}}
	for i := 0; i < len(edits); i += 2 {
		if q.Del(edits[i]); edits[i+1] != "" {
			q.Set(edits[i], edits[i+1])
		}
	}
	return s.URL() + "/oauth2/v1/authorize?" + q.Encode()
}

var verifier = strings.Repeat("v", 43)

// back opens the login page and returns the status and where the browser is sent.
func back(t *testing.T, s *Server, address string) (int, url.Values) {
	t.Helper()
	res, err := client(s).Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	u, err := url.Parse(res.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, u.Query()
}

func codeForm(c Client, code string) string {
	return form("grant_type", "authorization_code", "code", code, "redirect_uri", c.RedirectURIs[0],
		"code_verifier", verifier, "client_id", c.ID)
}

func TestBrowserLoginOfAPublicClient(t *testing.T) {
	s := Start(t, Options{IDTokenAtRefresh: true})
	status, q := back(t, s, authorizeURL(s, s.PublicClient))
	if status != http.StatusFound || q.Get("state") != "st" {
		t.Fatalf("%d %v", status, q)
	}
	r := post(t, s, "/oauth2/v1/token", codeForm(s.PublicClient, q.Get("code")))
	wantOK(t, r)
	claims := jwt.MapClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(r.text("id_token"), claims); err != nil || claims["nonce"] != "no" || claims["tok_type"] != "IT" {
		t.Errorf("id_token %v, %v", claims, err)
	}
	r = post(t, s, "/oauth2/v1/token", refreshForm(r.text("refresh_token"))+"&client_id="+s.PublicClient.ID)
	wantOK(t, r)
	if c, err := s.Verify(r.text("id_token")); err != nil || c.Type != "IT" || c.Audience[0] != s.PublicClient.ID {
		t.Errorf("id_token at refresh %+v, %v", c, err)
	}
}

func TestDeviceLogin(t *testing.T) {
	s := Start(t, Options{})
	id := s.PublicClient.ID
	r := post(t, s, "/oauth2/v1/device", form("response_type", "device_code", "scope", "openid offline_access", "client_id", id))
	if r.status != 200 || r.members["interval"] != nil || r.members["expires_in"] != 300.0 ||
		r.text("verification_uri") != "http://"+s.host+"/ui/v1/device" {
		t.Fatalf("%d %s", r.status, r.body)
	}
	poll := func() reply {
		return post(t, s, "/oauth2/v1/token", form("grant_type", "urn:ietf:params:oauth:grant-type:device_code",
			"device_code", r.text("device_code"), "client_id", id))
	}
	wantError(t, poll(), 400, "authorization_pending")
	s.ScriptPolls("slow_down", "access_denied")
	wantError(t, poll(), 400, "slow_down")
	wantError(t, poll(), 400, "access_denied")
	if !s.ApproveDevice(r.text("user_code"), "") {
		t.Error("nobody waited")
	}
	wantOK(t, poll())
	wantError(t, poll(), 400, "invalid_grant")
}
