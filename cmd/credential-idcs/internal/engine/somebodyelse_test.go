package engine

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// failure is what a forced refresh fails with.
func failure(t *testing.T, e *Engine) *cache.Failure {
	t.Helper()
	_, err := e.Token(context.Background(), cache.Query{Force: true})
	f, ok := errors.AsType[*cache.Failure](err)
	if !ok {
		t.Fatalf("got %v, want a Failure", err)
	}
	return f
}

const scim = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"detail":"Missing required attribute(s): userName.","status":"400"}`

// What an outage seldom looks like is an outage once, and a setting when it comes again or at a login.
func TestWhatComesAgainIsASetting(t *testing.T) {
	for name, tt := range map[string]struct {
		fault idcstest.Fault
		want  string
	}{
		"404":           {idcstest.Fault{Status: 404, Body: "<html>"}, "the domain has no such endpoint (404)"},
		"405":           {idcstest.Fault{Status: 405, Body: "<html>"}, "the domain has no such endpoint (405)"},
		"501":           {idcstest.Fault{Status: 501, Body: "<html>"}, "the domain has no such endpoint (501)"},
		"an error SCIM": {idcstest.Fault{Status: 400, Body: scim}, "the domain refused the request (400, Missing required attribute(s): userName.)"},
		"a SCIM of 404": {idcstest.Fault{Status: 404, Body: scim}, "the domain refused the request (404, Missing required attribute(s): userName.)"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, idcstest.Options{})
			login := func() (cache.Result, error) {
				return b.engine(b.bySecret("password", "")).LoginPassword(context.Background(), secret.New(b.domain.User.Password))
			}
			fault := func(on string) idcstest.Fault { f := tt.fault; f.On = on; return f }
			b.domain.Script(fault(idcstest.Password))
			_, err := login()
			if f, ok := errors.AsType[*cache.Failure](err); !ok || f.Class != call.Configured || f.Text != tt.want {
				t.Errorf("at a login: got %+v", err)
			}
			b.domain.Unscript()
			if _, err := login(); err != nil {
				t.Fatal(err)
			}

			b.domain.Script(fault(idcstest.Refresh))
			for i, class := range []string{call.Later, call.Configured, call.Configured} {
				if f := failure(t, b.engine(b.bySecret("password", ""))); f.Class != class || f.Text != tt.want {
					t.Errorf("refresh %d: got %+v, want %s: %s", i, f, class, tt.want)
				}
			}
			b.domain.Unscript()
			if _, err := b.engine(b.bySecret("password", "")).Token(context.Background(), cache.Query{Force: true}); err != nil {
				t.Fatal(err)
			}
			b.domain.Script(fault(idcstest.Refresh))
			if f := failure(t, b.engine(b.bySecret("password", ""))); f.Class != call.Later {
				t.Errorf("after a success: got %s", f.Class)
			}
		})
	}
}

// A 500 is an outage however often it comes, and so is a 404 after it.
func TestOutagesStayOutages(t *testing.T) {
	b := newBench(t, idcstest.Options{})
	if _, err := b.engine(b.bySecret("password", "")).LoginPassword(context.Background(), secret.New(b.domain.User.Password)); err != nil {
		t.Fatal(err)
	}
	for _, status := range []int{500, 500, 404, 500, 502} {
		b.domain.Unscript()
		b.domain.Script(idcstest.Fault{On: idcstest.Refresh, Status: status, Body: "<html>"})
		if f := failure(t, b.engine(b.bySecret("password", ""))); f.Class != call.Later {
			t.Errorf("%d: got %s", status, f.Class)
		}
	}
}

// Somebody behind a proxy that is dead, unsupported, or wants NTLM doesn't hold up the others.
func TestADeadProxyIsNobodyElses(t *testing.T) {
	ntlm := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Proxy-Authenticate", "NTLM")
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	defer ntlm.Close()
	for _, tt := range []struct {
		proxy   string
		classes []string // of attempts in a row
		want    string
	}{
		{"http://127.0.0.1:1", []string{call.Later, call.Later}, "connection refused"},
		{"gopher://127.0.0.1:1", []string{call.Configured, call.Configured}, "isn't supported"},
		{ntlm.URL, []string{call.Later, call.Configured}, "needs NTLM"},
	} {
		t.Run(tt.want, func(t *testing.T) {
			b := newBench(t, idcstest.Options{AccessTTL: time.Hour})
			if _, err := b.engine(b.bySecret("password", "")).LoginPassword(context.Background(), secret.New(b.domain.User.Password)); err != nil {
				t.Fatal(err)
			}
			b.ahead = 61 * time.Minute
			b.domain.SetSkew(b.ahead)
			behind := func() *Engine {
				e := b.engine(b.bySecret("password", ""))
				u, err := url.Parse(tt.proxy)
				if err != nil {
					t.Fatal(err)
				}
				e.world.Proxy = func(*url.URL) (*url.URL, error) { return u, nil }
				return e
			}
			for i, class := range tt.classes {
				if f := failure(t, behind()); f.Class != class || !strings.Contains(f.Text, tt.want) {
					t.Errorf("attempt %d: got %+v, want %s", i, f, class)
				}
			}
			_, err := behind().Token(context.Background(), cache.Query{}) // a pause, or another attempt
			if f, ok := errors.AsType[*cache.Failure](err); !ok || !strings.Contains(f.Text, tt.want) {
				t.Errorf("got %v", err)
			}
			if v := b.engine(b.bySecret("password", "")).View(); !v.PauseUntil.IsZero() {
				t.Errorf("without the proxy there is said to be a pause until %v", v.PauseUntil)
			}
			if v := behind().View(); v.PauseUntil.IsZero() != (tt.want == "isn't supported") {
				t.Errorf("behind it, a pause until %v", v.PauseUntil)
			}
			b.token(b.engine(b.bySecret("password", "")), cache.Query{})
			if n := b.domain.Posts(idcstest.Refresh); n != 1 {
				t.Errorf("%d refreshes", n)
			}
		})
	}
}

// A Date ten years ahead, with a refusal, would have us sign what lives for ten years: it is an error.
func TestAWildDateIsNoCorrection(t *testing.T) {
	for _, off := range []time.Duration{10 * 365 * 24 * time.Hour, -25 * time.Hour} {
		b := newBench(t, idcstest.Options{})
		b.domain.Script(idcstest.Fault{On: idcstest.Assertion, Status: 401, Error: "invalid_client", DateOffset: off})
		_, err := b.engine(b.byKey()).Token(context.Background(), cache.Query{})
		f, ok := errors.AsType[*cache.Failure](err)
		if !ok || f.Class != call.Configured || !strings.HasPrefix(f.Text, "the domain refused the client (invalid_client") || !strings.HasSuffix(f.Text, " the domain's Date, too far to be corrected by it") {
			t.Errorf("off by %v: got %v", off, err)
		}
		if n := b.domain.Posts(idcstest.Assertion); n != 1 {
			t.Errorf("off by %v: %d requests", off, n)
		}
		b.domain.Unscript()
		b.token(b.engine(b.byKey()), cache.Query{Force: true}) // signed by our own clock, or the domain would refuse it
	}
}

// A token that the domain has kept for a while is told with the life that it has left.
func TestATokenFromBeforeIsNotNew(t *testing.T) {
	b := newBench(t, idcstest.Options{AccessTTL: time.Hour})
	b.domain.Script(idcstest.Fault{On: idcstest.Password, DateOffset: 40 * time.Minute})
	r, err := b.engine(b.bySecret("password", "")).LoginPassword(context.Background(), secret.New(b.domain.User.Password))
	if err != nil || r.Token.AccessStamp.Life > 20*time.Minute || r.Token.AccessStamp.Life < 19*time.Minute {
		t.Errorf("got %v, %v", r.Token.AccessStamp.Life, err)
	}
	b.domain.Unscript()
	b.domain.Script(idcstest.Fault{On: idcstest.Refresh, DateOffset: 2 * time.Hour})
	f := failure(t, b.engine(b.bySecret("password", "")))
	if f.Text != "the domain's answer holds a token that has already expired (200)" {
		t.Errorf("got %+v", f)
	}
	b.domain.Unscript()
	b.token(b.engine(b.bySecret("password", "")), cache.Query{Force: true}) // with the successor that came in that answer
}
