package ocitest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
)

// A Request is what arrived and what became of it. It holds secrets; don't print it.
type Request struct {
	Name   string // registry, docker, x509, renew, metadata, workload, v2, other
	Method string
	Host   string
	Target string
	Header http.Header
	Body   string
}

func (s *Server) remember(secrets ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets = append(s.secrets, secrets...)
}

// Secrets is every secret that was issued or is known so far: what a scan for leaks looks for.
func (s *Server) Secrets() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.secrets)
}

// Requests is a copy of all that arrived whole, in order.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Count is how many requests of a name arrived.
func (s *Server) Count(name string) int {
	n := 0
	for _, r := range s.Requests() {
		if r.Name == name {
			n++
		}
	}
	return n
}

// Refusals is why requests were refused, in order, without a secret: "registry: the date is …".
func (s *Server) Refusals() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.refusals)
}

// Tunnels is what the proxy was asked for, HOST:PORT, in order.
func (s *Server) Tunnels() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.tunnels)
}

// MetadataConnections is how many connections brought a request to the metadata service.
func (s *Server) MetadataConnections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.metadata)
}

// Await returns when n requests of a name have arrived, or with ctx's error.
func (s *Server) Await(ctx context.Context, name string, n int) error {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if s.Count(name) >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("ocitest: %d of %d requests %s came: %w", s.Count(name), n, name, ctx.Err())
		}
	}
}

func (s *Server) refuse(name, why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusals = append(s.refusals, name+": "+why)
}
