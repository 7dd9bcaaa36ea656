package idcstest

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// A Server is an identity domain on a loopback port. All methods may be called at once, and after
// Close too.
type Server struct {
	SecretClient Client // Basic, and assertions by its key; trusted
	KeyClient    Client // client assertions only; trusted
	PublicClient Client // client_id only
	User         User   // ana@example.com
	Issuer       string // iss of all tokens
	CA           *CA    // signed the server's certificate
	CAFile       string // its PEM; "" without Options.Dir

	opts    Options
	host    string // the only Host that is right
	address string // 127.0.0.1:port
	journal *journal
	done    chan struct{} // closed by Close
	running sync.WaitGroup
	release func() // of the port

	mu            sync.Mutex // all below
	listener      net.Listener
	conns         map[*conn]bool
	connected     int // connections so far
	tls           *tls.Config
	signing       *Key
	rotations     int // of the signing key
	skew          time.Duration
	clients       map[string]*Client
	users         map[string]User
	families      []*family
	refreshTokens map[string]*refreshToken
	codes         map[string]*authCode
	devices       map[string]*deviceLogin
	userCodes     map[string]string
	polls         []string
	jtis          map[[2]string]bool
	refused       map[string]bool
	secrets       []string
	requests      []Request
	faults        []*scripted
	gates         []*Gate
	broken        []string
	typed         int
	closed        bool
}

// New starts a domain. The caller closes it.
func New(o Options) (*Server, error) {
	s := &Server{
		User:          User{"ana@example.com", "pw-" + randomHex(16)},
		opts:          o.withDefaults(),
		journal:       newJournal(o.Keep),
		done:          make(chan struct{}),
		conns:         map[*conn]bool{},
		clients:       map[string]*Client{},
		users:         map[string]User{},
		refreshTokens: map[string]*refreshToken{},
		codes:         map[string]*authCode{},
		devices:       map[string]*deviceLogin{},
		userCodes:     map[string]string{},
		jtis:          map[[2]string]bool{},
		refused:       map[string]bool{},
	}
	s.Issuer = s.opts.Issuer
	for _, u := range append(o.Users, s.User) {
		s.users[u.Name] = u
	}
	var err error
	if s.signing, err = newSigningKey(0); err != nil {
		return nil, err
	}
	if err := s.defaultClients(); err != nil {
		return nil, err
	}
	for _, c := range o.Clients {
		if err := s.AddClient(c); err != nil {
			return nil, err
		}
	}
	if s.CA, err = NewCA(); err != nil {
		return nil, err
	}
	names := []string{"127.0.0.1", "::1", "localhost"}
	if s.host = o.Host; s.host != "" {
		names = append(names, s.host)
	}
	if s.tls, err = s.TLSConfig(names...); err != nil {
		return nil, err
	}
	if o.Dir != "" {
		s.CAFile = filepath.Join(o.Dir, "ca.pem")
		if err := os.WriteFile(s.CAFile, s.CA.PEM(), 0o644); err != nil {
			return nil, err
		}
	}
	address, release, err := hold()
	if err != nil {
		return nil, err
	}
	s.release = release
	return s, s.listen(address)
}

// listen opens the port and serves it.
func (s *Server) listen(address string) error {
	l, err := listenAt(address)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.listener = l
	if s.address == "" { // Resume comes to the same one, and readers take no lock
		s.address = l.Addr().String()
	}
	if s.host == "" {
		s.host = s.address
	}
	s.mu.Unlock()
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		for {
			tcp, err := l.Accept()
			if err != nil {
				return // closed by Stop or Close
			}
			s.accept(tcp.(*net.TCPConn))
		}
	}()
	return nil
}

func (s *Server) accept(tcp *net.TCPConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = tcp.Close()
		return
	}
	s.connected++
	c := &conn{s: s, id: s.connected, tcp: tcp}
	s.conns[c] = true
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		c.serve()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conns, c)
	}()
}

// Close ends all connections and waits for them. Its error names the invariants that were broken, all
// of them, and is nil if none was. A second Close says the same again.
func (s *Server) Close() error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.done)
		_ = s.listener.Close()
		s.release()
		for c := range s.conns {
			_ = c.tcp.Close()
		}
	}
	s.mu.Unlock()
	s.running.Wait()
	if broken := s.Broken(); len(broken) > 0 {
		return errors.New("idcstest: " + strings.Join(broken, "\n"))
	}
	return nil
}

// Stop closes the port and all connections, as an outage does: "connection refused". All that the
// domain knows stays.
func (s *Server) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.listener.Close()
	for c := range s.conns {
		c.down = true // a request that it has read, and will judge in a moment
		_ = c.tcp.Close()
	}
	for _, f := range s.families {
		for _, p := range f.open {
			p.scripted = true // its answer is lost by our doing
		}
	}
	s.journal.add(0, nil, "the domain is down")
}

// Resume opens the same port again.
func (s *Server) Resume() error {
	if err := s.listen(s.address); err != nil {
		return fmt.Errorf("idcstest: port taken meanwhile: %w", err)
	}
	s.journal.add(0, nil, "the domain is up again")
	return nil
}

// URL is the domain, https://127.0.0.1:port or with Options.Host, without a slash at the end.
func (s *Server) URL() string { return "https://" + s.host }

// Address is where it listens, host and port.
func (s *Server) Address() string { return s.address }

// CAPEM is CA.PEM.
func (s *Server) CAPEM() []byte { return s.CA.PEM() }

// TLSConfig is a server's, with a certificate of the same CA, for the other servers of a test.
func (s *Server) TLSConfig(hosts ...string) (*tls.Config, error) {
	cert, err := s.CA.Issue(hosts...)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{cert},
		NextProtos:   []string{"http/1.1"},
	}, nil
}

// SetTLS changes the domain's own side of TLS from the next connection on: another certificate, an
// old version.
func (s *Server) SetTLS(c *tls.Config) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tls = c
}

func (s *Server) tlsConfig() *tls.Config {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tls.Clone()
}

// Secrets is every secret that the domain knows or issued so far: what a scan for leaks looks for.
func (s *Server) Secrets() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := append([]string(nil), s.secrets...)
	for _, c := range s.clients {
		if c.Secret != "" {
			out = append(out, c.Secret)
		}
	}
	for _, u := range s.users {
		out = append(out, u.Password)
	}
	return out
}

// keep cuts a list to its newest n members, now and then; n 0 keeps all.
func keep[T any](n int, list []T) []T {
	if n == 0 || len(list) < 2*n {
		return list
	}
	return append([]T(nil), list[len(list)-n:]...)
}
