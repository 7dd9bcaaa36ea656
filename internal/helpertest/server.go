package helpertest

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// A Server is an https server that answers requests with the right Authorization header, and all others with 401.
type Server struct {
	*httptest.Server
	Takes     string                 // the Authorization header
	Challenge string                 // the WWW-Authenticate header of a 401
	Public    func(path string) bool // what needs no Authorization; nil: nothing

	ca  []byte // PEM
	mu  sync.Mutex
	got []string
}

// NewServer starts a Server for as long as the test runs.
func NewServer(t *testing.T, takes string, h http.Handler) *Server {
	t.Helper()
	s := &Server{Takes: takes, Challenge: "Bearer"}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		said := r.Header.Get("Authorization")
		ok := said == s.Takes || s.Public != nil && s.Public(r.URL.Path)
		status := "OK"
		if !ok {
			status = "Unauthorized"
		}
		s.mu.Lock()
		s.got = append(s.got, strings.TrimSpace(status+" "+said))
		s.mu.Unlock()
		if !ok {
			w.Header().Set("WWW-Authenticate", s.Challenge)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		h.ServeHTTP(w, r)
	}))
	var leaf tls.Certificate
	leaf, s.ca = certificate(t)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{leaf}}
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // in some tests clients close the connection early
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// Requests are "OK" or "Unauthorized" and the Authorization header of each, without repetitions in a
// row.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var l []string
	for _, r := range s.got {
		if len(l) == 0 || l[len(l)-1] != r {
			l = append(l, r)
		}
	}
	return l
}

// CAFile is a file with the certificate of the server's authority.
func (s *Server) CAFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, s.ca, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Tunnel is the URL of a proxy that connects every host to the server, so names need not resolve.
func (s *Server) Tunnel(t *testing.T) string { return Tunnel(t, s.Listener.Addr().String()) }

// Tunnel is the URL of a proxy that connects every host to one address, for as long as the test runs.
func Tunnel(t *testing.T, address string) string {
	t.Helper()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		server, err := net.Dial("tcp", address)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		client, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			_ = server.Close()
			return
		}
		_, _ = io.WriteString(client, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(server, client); _ = server.Close() }()
		go func() { _, _ = io.Copy(client, server); _ = client.Close() }()
	}))
	t.Cleanup(proxy.Close)
	return proxy.URL
}

// Files serves contents by path.
type Files map[string]string

func (f Files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	content, ok := f[r.URL.Path]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if strings.HasPrefix(content, "{") {
		w.Header().Set("Content-Type", "application/json")
	}
	_, _ = io.WriteString(w, content)
}
