// Package servers runs the servers that the program's tokens are for, on loopback over https: a git
// server, a registry and a Kubernetes API endpoint. The demo and the end-to-end tests share it.
//
// # What they check
//
// Each server lets a request in if it carries an access token that the Check accepts, as Bearer or as
// the password of Basic, whichever the server's clients use, and nothing else: there are no other
// accounts. A request without a token, or with one that the Check refuses, gets 401 and the offer
// that a real server of that kind makes.
//
// # How they live
//
// A server listens on a free port of 127.0.0.1 and ends with its own Close, which also waits for the
// processes that it started. What it keeps lies in the folder it was given, or in memory. It reads no
// configuration of the person who runs it, and it is no part of the testing package, so that a
// program can run it too.
package servers

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// A Check judges an access token. It returns whom the token names, or why it is refused. It is
// called by many requests at once.
type Check func(token string) (user string, err error)

// A Server is a running server. Its methods may be called by several goroutines.
type Server struct {
	// URL is the server's origin, `https://127.0.0.1:PORT` or with the name that it was given, without
	// a slash at the end.
	URL string
	// Host is the `127.0.0.1:PORT` of URL, as docker names a registry.
	Host string

	http *http.Server
	done chan error
	also func() error // ends what belongs to it; nil: nothing does

	mu    sync.Mutex
	tally Tally
}

// A Tally is what a server has seen so far.
type Tally struct {
	Accepted  int    // requests with a token that was good
	Anonymous int    // requests without a token
	Refused   int    // requests with a token that the Check refused
	User      string // whom the last accepted token named
	Scheme    string // how it came: "Bearer" or "Basic"
}

// Tally returns what the server has seen so far.
func (s *Server) Tally() Tally {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tally
}

// Close ends the server. Requests that are under way get five seconds to end by themselves, then
// their connections, and with these their processes, are cut.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	if e := <-s.done; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	if s.also != nil {
		err = errors.Join(err, s.also())
	}
	return err
}

// start serves behind, guarded by check, under cert.
func start(cert tls.Certificate, check Check, f face, behind http.Handler) (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{
		URL:  "https://" + l.Addr().String(),
		Host: l.Addr().String(),
		done: make(chan error, 1),
	}
	s.http = &http.Server{
		Handler:           &guard{server: s, check: check, face: f, behind: behind},
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12},
		ReadHeaderTimeout: 10 * time.Second,
		// Clients try TLS and hang up where they don't trust the certificate. That is their message
		// to give, not a line on our stderr.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	go func() { s.done <- s.http.ServeTLS(l, "", "") }()
	return s, nil
}
