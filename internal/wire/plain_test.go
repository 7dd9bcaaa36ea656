package wire

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func bound(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// Four requests, as the metadata service is asked, take one connection, and no proxy hears of them.
func TestPlainHTTPOnThisMachineKeepsItsLine(t *testing.T) {
	var connections atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization"))
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	defer s.Close()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	w := Way{Who: "the metadata service", Now: time.Now, Connect: 10 * time.Second, Proxy: func(*url.URL) (*url.URL, error) {
		t.Error("a proxy was asked for")
		return nil, nil
	}}
	conn, err := w.Open(bound(t), u)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, path := range []string{"/instance/region", "/identity/cert.pem", "/identity/key.pem", "/identity/intermediate.pem"} {
		u.Path = path
		b, err := Request{Method: "GET", URL: u, Header: http.Header{"Authorization": {"Bearer Oracle"}}, Keep: true}.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		r, err := conn.Exchange(bound(t), b)
		if err != nil || r.Status != 200 || string(r.Body) != "GET "+path+" Bearer Oracle" {
			t.Fatalf("%s: %v, %+v", path, err, r)
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// Nothing goes anywhere else without TLS, whatever the URL says.
func TestPlainHTTPGoesNowhereElse(t *testing.T) {
	for _, s := range []string{"http://domain.example.com/", "http://localhost:1/", "http://169.254.169.253/", "http://10.0.0.1/", "http://0.0.0.0:1/", "http://[fe80::1]/"} {
		u, err := url.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		_, err = (&Way{Who: "the host", Now: time.Now}).Open(bound(t), u)
		var e *Error
		if !errors.As(err, &e) || !e.Settings || e.Sent || !strings.HasSuffix(e.Cause, " is asked by https only") {
			t.Errorf("%s: %v", s, err)
		}
	}
}
