//go:build linux

package fleet

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/cluster"
)

// A gateway is a replica's way to the API server, at which single requests go wrong, or stop.
type gateway struct {
	url string

	mu    sync.Mutex
	rules []*rule
}

// A rule is what happens to the next requests of a kind.
type rule struct {
	matches func(r *http.Request, body []byte) bool
	times   int // that it happens; 0: it is used up
	// before is called instead of handing the request on, unless it returns true; after, once the API server
	// has answered, before the answer goes back. Both may be nil.
	before func(w http.ResponseWriter, r *http.Request) (on bool)
	after  func(r *http.Request) error
}

// newGateway starts one that ends with the test.
func newGateway(t testing.TB, api *cluster.Server) *gateway {
	t.Helper()
	u, err := url.Parse(api.URL)
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: api.Pool()}, ForceAttemptHTTP2: true}
	proxy := &httputil.ReverseProxy{
		Transport: transport,
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(u) },
		ModifyResponse: func(r *http.Response) error {
			if rule, ok := r.Request.Context().Value(ruleKey{}).(*rule); ok && rule.after != nil {
				return rule.after(r.Request)
			}
			return nil
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }, // cut off
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if rule := g.rule(r, body); rule != nil {
			if rule.before != nil && !rule.before(w, r) {
				return
			}
			r = r.WithContext(context.WithValue(r.Context(), ruleKey{}, rule))
		}
		proxy.ServeHTTP(w, r)
	}))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{api.Certificate()}}
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
		transport.CloseIdleConnections()
	})
	g.url = s.URL
	return g
}

type ruleKey struct{}

func (g *gateway) rule(r *http.Request, body []byte) *rule {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, rule := range g.rules {
		if rule.times > 0 && rule.matches(r, body) {
			rule.times--
			return rule
		}
	}
	return nil
}

func (g *gateway) add(r *rule) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.rules = append(g.rules, r)
}

// answers answers the next requests of a kind with a status, as the API server does when it can't serve.
func (g *gateway) answers(status, times int, kind func(*http.Request, []byte) bool) {
	reason := map[int]string{409: "Conflict", 429: "TooManyRequests", 500: "InternalError"}[status]
	g.add(&rule{matches: kind, times: times, before: func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", "application/json")
		if status == 429 {
			w.Header().Set("Retry-After", "1")
		}
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":%q,"message":"the test says so","code":%d}`, reason, status)
		return false
	}})
}

// loses has the next requests of a kind done, and their answers lost: their clients wait in vain.
func (g *gateway) loses(times int, kind func(*http.Request, []byte) bool) {
	g.add(&rule{matches: kind, times: times, after: func(r *http.Request) error {
		<-r.Context().Done()
		return r.Context().Err()
	}})
}

// A stand is a request that stopped at the gateway.
type stand struct {
	reached, goOn chan struct{}
	once          sync.Once
}

// stops stops the next request of a kind, before the API server sees it or when it is done.
func (g *gateway) stops(done bool, kind func(*http.Request, []byte) bool) *stand {
	s := &stand{reached: make(chan struct{}), goOn: make(chan struct{})}
	wait := func(r *http.Request) bool {
		close(s.reached)
		select {
		case <-s.goOn:
			return true
		case <-r.Context().Done():
			return false
		}
	}
	r := &rule{matches: kind, times: 1}
	if done {
		r.after = func(r *http.Request) error {
			if !wait(r) {
				return r.Context().Err()
			}
			return nil
		}
	} else {
		r.before = func(_ http.ResponseWriter, r *http.Request) bool { return wait(r) }
	}
	g.add(r)
	return s
}

func (s *stand) Wait(ctx context.Context) error {
	select {
	case <-s.reached:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("nobody came to the gateway: %w", ctx.Err())
	}
}

func (s *stand) Open() { s.once.Do(func() { close(s.goOn) }) }
func (s *stand) Drop() { s.Open() } // its client is dead, and takes the request with it

// The requests of a transaction. What is stored tells an intent from an answer: it lies in the body as it is.
func looking(profile string) func(*http.Request, []byte) bool {
	return func(r *http.Request, _ []byte) bool { return r.Method == http.MethodGet && ofState(r, profile) }
}

func arming(profile string) func(*http.Request, []byte) bool {
	return func(r *http.Request, body []byte) bool {
		return r.Method == http.MethodPut && ofState(r, profile) && bytes.Contains(body, []byte(`"intent":`))
	}
}

func saving(profile string) func(*http.Request, []byte) bool {
	return func(r *http.Request, body []byte) bool {
		return r.Method == http.MethodPut && ofState(r, profile) && !bytes.Contains(body, []byte(`"intent":`))
	}
}

func publishes(secret string) func(*http.Request, []byte) bool {
	return func(r *http.Request, _ []byte) bool {
		return r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, "/secrets/"+secret)
	}
}

func ofState(r *http.Request, profile string) bool {
	return strings.HasSuffix(r.URL.Path, "/secrets/credential-idcs-state-"+profile)
}
