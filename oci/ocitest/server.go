package ocitest

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// A Server is Oracle's side. All methods may be called at once, and after Close too.
type Server struct {
	Tenancy  string // ocid1.tenancy…
	CA       *idcstest.CA
	CAFile   string       // its PEM; "" without Options.Dir
	Cluster  *idcstest.CA // a cluster's own, for the workload endpoint
	Account  string       // the service account token that the workload endpoint takes
	Instance *Instance    // what the metadata service tells

	opts    Options
	signing *rsa.PrivateKey // of session tokens
	secure  net.Listener    // all of Oracle's names
	proxy   net.Listener
	plain   net.Listener // metadata
	pod     net.Listener // workload
	servers []*http.Server
	done    chan struct{}
	running sync.WaitGroup

	mu       sync.Mutex // all below
	skew     time.Duration
	apiKeys  map[string]*rsa.PublicKey
	ended    map[string]bool
	refused  map[string]bool   // registry tokens that Refuse named
	registry map[string]string // registry tokens: whose
	secrets  []string
	requests []Request
	refusals []string
	tunnels  []string
	metadata map[string]bool // connections to the metadata service
	faults   []*scripted
	changed  chan struct{} // closed and replaced at each request
	closed   bool
}

// New starts a double. The caller closes it.
func New(o Options) (*Server, error) {
	s := &Server{
		Tenancy: "ocid1.tenancy.oc1..aaaa" + randomHex(8),
		opts:    o.withDefaults(), done: make(chan struct{}), changed: make(chan struct{}),
		apiKeys: map[string]*rsa.PublicKey{}, ended: map[string]bool{}, refused: map[string]bool{},
		registry: map[string]string{}, metadata: map[string]bool{},
	}
	var err error
	if s.signing, err = pooled("signing"); err != nil {
		return nil, err
	}
	if s.CA = o.Authority; s.CA == nil {
		if s.CA, err = idcstest.NewCA(); err != nil {
			return nil, err
		}
	}
	if s.Cluster, err = idcstest.NewCA(); err != nil {
		return nil, err
	}
	if s.Instance, err = newInstance(s.Tenancy); err != nil {
		return nil, err
	}
	if s.Account, err = s.accountToken(); err != nil {
		return nil, err
	}
	if o.Dir != "" {
		s.CAFile = filepath.Join(o.Dir, "oci-ca.pem")
		if err := os.WriteFile(s.CAFile, s.CA.PEM(), 0o644); err != nil {
			return nil, err
		}
	}
	return s, s.listen()
}

// Hosts are the names that lead here: the region's, and those of the options.
func (s *Server) Hosts() []string {
	r, key, domain := s.opts.Region, "iad", "oraclecloud.com"
	own := []string{"auth." + r + "." + domain, "ocir." + r + ".oci." + domain, r + ".ocir.io"}
	if r == "us-ashburn-1" {
		own = append(own, key+".ocir.io")
	}
	return append(own, s.opts.Hosts...)
}

func (s *Server) listen() error {
	cert, err := s.CA.Issue(s.Hosts()...)
	if err != nil {
		return err
	}
	podCert, err := s.Cluster.Issue("127.0.0.1", strings.Split(s.opts.Pod, ":")[0])
	if err != nil {
		return err
	}
	for _, l := range []*net.Listener{&s.secure, &s.proxy, &s.plain} {
		if *l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return err
		}
	}
	if s.pod, err = net.Listen("tcp", s.opts.Pod); err != nil {
		return err
	}
	s.serve(tls.NewListener(s.secure, tlsConfig(cert)), s.services)
	s.serve(tls.NewListener(s.pod, tlsConfig(podCert)), s.workload)
	s.serve(s.plain, s.metadataService)
	s.running.Add(1)
	go s.tunnel()
	return nil
}

func tlsConfig(cert tls.Certificate) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}, NextProtos: []string{"http/1.1"}}
}

// serve answers what comes to a listener. HTTP/1.1 alone: net/http speaks no other here.
func (s *Server) serve(l net.Listener, h http.HandlerFunc) {
	server := &http.Server{
		Handler: h, ErrorLog: log.New(io.Discard, "", 0),
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, c.RemoteAddr().String())
		},
	}
	s.servers = append(s.servers, server)
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		_ = server.Serve(l)
	}()
}

type connKey struct{}

// Addresses are where the names of Oracle's services, and the metadata service, listen on this machine: for
// a test that leads there by other means than the proxy.
func (s *Server) Addresses() (services, metadata string) {
	return s.secure.Addr().String(), s.plain.Addr().String()
}

// MetadataURL is the instance metadata service, for `metadata_url`.
func (s *Server) MetadataURL() string { return "http://" + s.plain.Addr().String() + "/opc/v2" }

// WorkloadURL is the cluster's workload endpoint, for `endpoint`.
func (s *Server) WorkloadURL() string { return "https://" + s.pod.Addr().String() }

// Close ends all connections and waits for them.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	close(s.done)
	var errs []error
	for _, server := range s.servers {
		errs = append(errs, server.Close())
	}
	errs = append(errs, s.proxy.Close())
	s.running.Wait()
	return errors.Join(errs...)
}

// Now is the double's clock, which judges signatures, dates answers and stamps tokens.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opts.Clock().Add(s.skew)
}

// SetSkew puts the double's clock off by d.
func (s *Server) SetSkew(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.skew = d
}

// pool holds the RSA keys of this process, one for each role: making one takes longer than all else.
// Servers share the keys and nothing else.
var pool struct {
	sync.Mutex
	keys map[string]*rsa.PrivateKey
}

func pooled(role string) (*rsa.PrivateKey, error) {
	pool.Lock()
	defer pool.Unlock()
	if k := pool.keys[role]; k != nil {
		return k, nil
	}
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	if pool.keys == nil {
		pool.keys = map[string]*rsa.PrivateKey{}
	}
	pool.keys[role] = k
	return k, nil
}
