package oci

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/oci/ocitest"
)

// Whatever the registry says, the person reads host, status and a word, and nothing of the body.
func TestRegistryAnswersInWords(t *testing.T) {
	s := ocitest.Start(t, ocitest.Options{})
	m := at(t, s)
	_, p := sessionFile(t, s)
	session := must(t, p, m)
	for _, c := range []struct {
		fault ocitest.Fault
		class Class
		want  string
	}{
		{ocitest.Fault{Status: 401, Body: `{"code":"NotAuthenticated","message":"ST$secret"}`}, ErrSettings,
			"iad.ocir.io refused the signature (401 NotAuthenticated)"},
		{ocitest.Fault{Status: 401, Body: `{"code":"no word"}`}, ErrSettings, "iad.ocir.io refused the signature (401)"},
		{ocitest.Fault{Status: 403, Header: map[string][]string{"Opc-Request-Id": {"A1/B2"}}}, ErrSettings,
			"iad.ocir.io: not allowed (403; opc-request-id A1/B2): a policy must say: allow … to read repos in …"},
		{ocitest.Fault{Status: 429, Header: map[string][]string{"Retry-After": {"9"}, "Opc-Request-Id": {"two words"}}}, ErrLater, "iad.ocir.io can't answer now (429 Too Many Requests)"},
		{ocitest.Fault{Status: 503, Header: map[string][]string{"Opc-Request-Id": {"x"}}}, ErrLater, "iad.ocir.io can't answer now (503 Service Unavailable; opc-request-id x)"},
		{ocitest.Fault{Status: 307, Header: map[string][]string{"Location": {"https://auth.us-ashburn-1.oraclecloud.com/"}, "Opc-Request-Id": {"x"}}}, ErrSettings,
			"iad.ocir.io redirects (307; opc-request-id x)"},
		{ocitest.Fault{Status: 403, Body: `{"code":"NotAuthorizedOrNotFound","message":"secret"}`, Header: map[string][]string{"Opc-Request-Id": {"x"}}}, ErrSettings,
			"iad.ocir.io: not allowed (403; opc-request-id x): a policy must say: allow … to read repos in …"},
		{ocitest.Fault{Status: 404, Body: `{"code":"NotAuthorizedOrNotFound","message":"secret"}`, Header: map[string][]string{"Opc-Request-Id": {"x"}}}, ErrSettings,
			"iad.ocir.io: not allowed (404 NotAuthorizedOrNotFound; opc-request-id x): a policy must say: allow … to read repos in …"},
		{ocitest.Fault{Status: 404, Header: map[string][]string{"Opc-Request-Id": {"x"}}}, ErrSettings, "iad.ocir.io refused the request (404; opc-request-id x)"},
		{ocitest.Fault{Status: 200, Body: "{}"}, ErrFailure, "iad.ocir.io answered without a token"},
		{ocitest.Fault{Status: 200, Body: "<html>"}, ErrFailure, "iad.ocir.io answered without a token"},
		{ocitest.Fault{Status: 200, Body: `{"token":"a b"}`}, ErrFailure, "iad.ocir.io answered without a token"},
		{ocitest.Fault{Status: 200, Body: `{"token":"a\nb"}`}, ErrFailure, "iad.ocir.io answered without a token"},
		{ocitest.Fault{Status: 200, Body: `{"token":"abc","expires_in":0}`}, ErrFailure, "iad.ocir.io answered without a token"},
		{ocitest.Fault{Do: ocitest.Cut}, ErrLater, "iad.ocir.io: the request was sent, but no whole answer came"},
		{ocitest.Fault{Do: ocitest.Reset}, ErrLater, "iad.ocir.io: the request was sent, but no whole answer came"},
	} {
		s.Unscript()
		c.fault.On = "registry"
		s.Script(c.fault)
		before := s.Count("registry")
		_, err := m.Registry(context.Background(), session, "iad.ocir.io")
		if said(err) != c.want || !errors.Is(err, c.class) {
			t.Errorf("%+v: got %v, want %s", c.fault, err, c.want)
		}
		if n := s.Count("registry") - before; n != 1 {
			t.Errorf("%+v: sent %d times", c.fault, n)
		}
	}
}

// A token lives as long as it and the registry both say.
func TestRegistryTokensLife(t *testing.T) {
	s := ocitest.Start(t, ocitest.Options{})
	m := at(t, s)
	_, p := sessionFile(t, s)
	session := must(t, p, m)
	jwt := s.IssueFor("x", &session.Key.Private().PublicKey, time.Now(), 10*time.Minute)
	for _, c := range []struct {
		body string
		want time.Duration
	}{
		{`{"token":"opaque"}`, 300 * time.Second},
		{`{"token":"opaque","expires_in":120}`, 120 * time.Second},
		{`{"token":"opaque","expires_in":"120"}`, 120 * time.Second},
		{`{"token":"opaque","expires_in":1e99}`, 24 * time.Hour},
		{`{"access_token":"opaque","expires_in":60}`, time.Minute},
		{`{"token":7,"access_token":"opaque","expires_in":60}`, time.Minute},
		{`{"token":"` + jwt + `","expires_in":3600}`, 10 * time.Minute},
		{`{"token":"` + jwt + `","expires_in":60}`, time.Minute},
		{`{"token":"` + jwt + `"}`, 10 * time.Minute},
	} {
		s.Unscript()
		s.Script(ocitest.Fault{On: "registry", Status: 200, Body: c.body})
		a, err := m.Registry(context.Background(), session, "iad.ocir.io")
		if err != nil || a.Life != c.want {
			t.Errorf("%.60s: %v, %v, want %v", c.body, a.Life, err, c.want)
		}
	}
}

// A clock that is off by more than Oracle takes costs one repeat, with the date corrected; the next
// call knows.
func TestWrongClockIsCorrectedOnce(t *testing.T) {
	for _, off := range []time.Duration{10 * time.Minute, -10 * time.Minute} {
		s := ocitest.Start(t, ocitest.Options{SessionTTL: 2 * time.Hour})
		m := at(t, s)
		_, p := sessionFile(t, s)
		session := must(t, p, m)
		s.SetSkew(off)
		a, err := m.Registry(context.Background(), session, "iad.ocir.io")
		if err != nil {
			t.Fatal(err)
		}
		if n := s.Count("registry"); n != 2 || !a.Clock.Known || a.Clock.Skew.Round(time.Minute) != off {
			t.Errorf("%d requests, clock %+v, want 2 and %v", n, a.Clock, off)
		}
		m.Skew = a.Clock.Skew
		if _, err := m.Registry(context.Background(), session, "iad.ocir.io"); err != nil || s.Count("registry") != 3 {
			t.Errorf("with the skew known: %v, %d requests", err, s.Count("registry"))
		}
		s.Script(ocitest.Fault{On: "registry", Status: 401})
		_, err = m.Registry(context.Background(), session, "iad.ocir.io")
		if !strings.Contains(said(err), "; this machine's clock is 10 minutes ") || s.Count("registry") != 4 {
			t.Errorf("got %v after %d requests", err, s.Count("registry"))
		}
	}
}

// No signature leaves for a host that only looks like a registry.
func TestSignatureGoesToRegistriesOnly(t *testing.T) {
	s := ocitest.Start(t, ocitest.Options{})
	m := at(t, s)
	_, p := sessionFile(t, s)
	session := must(t, p, m)
	for _, host := range []string{"evil.example", "iad.ocir.io.evil.example", "iad.ocir.io:8443", "ocir.io", "xocir.io",
		"a.iad.ocir.io", "ocir.us-ashburn-1.oci.oraclecloud.com.evil.example", "ocir.us-ashburn-1.oci.oraclecloud9.com"} {
		if _, err := m.Registry(context.Background(), session, host); !errors.Is(err, ErrSettings) {
			t.Errorf("%s: %v", host, err)
		}
	}
	if len(s.Tunnels()) != 0 {
		t.Errorf("connections: %v", s.Tunnels())
	}
}

// No error, log line or printed value holds a session, a key or a signature.
func TestNothingSecretIsSaid(t *testing.T) {
	s := ocitest.Start(t, ocitest.Options{})
	m := at(t, s)
	var out strings.Builder
	m.Log = func(msg string, args ...any) {
		out.WriteString(strings.TrimSpace(strings.Join(append([]string{msg}, strs(args)...), " ")))
	}
	_, p := sessionFile(t, s)
	session := must(t, p, m)
	for _, status := range []int{200, 401, 403, 500} {
		s.Unscript()
		s.Script(ocitest.Fault{On: "registry", Status: status, Body: `{"code":"x","message":"` + session.KeyID.Reveal() + `"}`})
		_, err := m.Registry(context.Background(), session, "iad.ocir.io")
		out.WriteString(said(err))
		out.WriteString(strings.Join(strs([]any{session, &session, p, err}), " "))
	}
	canaries := append(s.Secrets(), session.Key.Private().D.String())
	for _, r := range s.Requests() {
		canaries = append(canaries, r.Header.Get("Authorization"))
	}
	for _, c := range canaries {
		if strings.Contains(out.String(), c) {
			t.Errorf("%.20s… is said", c)
		}
	}
}
