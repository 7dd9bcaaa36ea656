package idcstest

import (
	"strings"
	"testing"
	"time"
)

func TestRefusesCodes(t *testing.T) {
	s := open(t, Options{})
	c := s.PublicClient
	for name, edit := range map[string][]string{
		"no state":         {"state", ""},
		"unknown":          {"prompt", "none"},
		"no challenge":     {"code_challenge", ""},
		"foreign redirect": {"redirect_uri", c.RedirectURIs[0] + "/"},
		"localhost's port": {"redirect_uri", "http://127.0.0.1:8977/callback"},
		"unknown client":   {"client_id", "x"},
	} {
		if status, q := back(t, s, authorizeURL(s, c, edit...)); status != 400 || len(q) != 0 {
			t.Errorf("%s: %d %v", name, status, q)
		}
	}
	for code, edit := range map[string][]string{
		"invalid_scope":             {"scope", "urn:other"},
		"invalid_request":           {"nonce", ""},
		"unsupported_response_type": {"response_type", "token"},
	} {
		if status, q := back(t, s, authorizeURL(s, c, edit...)); status != 302 || q.Get("error") != code || q.Get("state") != "st" {
			t.Errorf("%s: %d %v", code, status, q)
		}
	}
	if _, q := back(t, s, authorizeURL(s, c, "code_challenge_method", "plain")); q.Get("error") != "invalid_request" {
		t.Errorf("plain PKCE: %v", q)
	}
	fresh := func() string {
		_, q := back(t, s, authorizeURL(s, c))
		return q.Get("code")
	}
	token := "/oauth2/v1/token"
	spoiled := fresh()
	wantError(t, post(t, s, token, strings.Replace(codeForm(c, spoiled), "vvvv", "wwww", 1)), 400, "invalid_grant")
	wantError(t, post(t, s, token, codeForm(c, spoiled)), 400, "invalid_grant") // one try is all
	wantError(t, post(t, s, token, strings.Replace(codeForm(c, fresh()), "callback", "other", 1)), 400, "invalid_grant")

	code := fresh()
	r := post(t, s, token, codeForm(c, code))
	wantOK(t, r)
	wantError(t, post(t, s, token, codeForm(c, code)), 400, "invalid_grant")
	if s.Alive(r.text("refresh_token")) {
		t.Error("the login of a code that was used twice lives on")
	}

	code = fresh()
	s.SetSkew(3 * time.Minute)
	wantError(t, post(t, s, token, codeForm(c, code)), 400, "invalid_grant")
}

func TestPersonSaysNo(t *testing.T) {
	d := Decision{Deny: "access_denied", Text: "not today"}
	s := Start(t, Options{Authorize: func(AuthRequest) Decision { return d }})
	if status, q := back(t, s, authorizeURL(s, s.PublicClient)); status != 302 || q.Get("error") != "access_denied" || q.Get("error_description") != "not today" {
		t.Errorf("%d %v", status, q)
	}
	d = Decision{Stay: true}
	if status, q := back(t, s, authorizeURL(s, s.PublicClient)); status != 200 || len(q) != 0 {
		t.Errorf("%d %v", status, q)
	}
}

func TestRefusesDevices(t *testing.T) {
	s := open(t, Options{DevicePace: time.Hour, DeviceInterval: 7 * time.Second})
	id, device := s.PublicClient.ID, "/oauth2/v1/device"
	wantError(t, post(t, s, device, form("scope", "openid", "client_id", id)), 400, "invalid_request")
	wantError(t, post(t, s, device, form("response_type", "code", "scope", "openid", "client_id", id)), 400, "invalid_request")
	wantError(t, post(t, s, device, form("response_type", "device_code", "scope", "openid", "client_id", id), withBasic(s)), 400, "invalid_request")
	wantError(t, post(t, s, device, form("response_type", "device_code", "scope", "openid", "client_id", "x")), 401, "invalid_client")
	r := post(t, s, device, form("response_type", "device_code", "scope", "openid", "client_id", id))
	if r.members["interval"] != 7.0 {
		t.Errorf("interval: %s", r.body)
	}
	poll := form("grant_type", "urn:ietf:params:oauth:grant-type:device_code", "device_code", r.text("device_code"), "client_id", id)
	wantError(t, post(t, s, "/oauth2/v1/token", poll), 400, "authorization_pending")
	wantError(t, post(t, s, "/oauth2/v1/token", poll), 400, "slow_down")
	s.SetSkew(2 * time.Hour)
	wantError(t, post(t, s, "/oauth2/v1/token", poll), 400, "expired_token")
}

func TestDenyDevice(t *testing.T) {
	s := open(t, Options{})
	id := s.PublicClient.ID
	r := post(t, s, "/oauth2/v1/device", form("response_type", "device_code", "scope", "openid", "client_id", id))
	if !s.DenyDevice(r.text("user_code")) {
		t.Fatal("nobody waited")
	}
	wantError(t, post(t, s, "/oauth2/v1/token", form("grant_type", "urn:ietf:params:oauth:grant-type:device_code",
		"device_code", r.text("device_code"), "client_id", id)), 400, "access_denied")
}
