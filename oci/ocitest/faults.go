package ocitest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// A Do is what happens to a connection in place of an answer.
type Do string

const (
	Reset Do = "reset" // RST, before a byte of the answer
	Cut   Do = "cut"   // half of the answer, then the end
	Stall Do = "stall" // silence until the client leaves
)

// A Fault makes requests go wrong.
type Fault struct {
	On      string // registry, docker, x509, renew, metadata, workload
	Nth     int    // from 1; 0: each one
	Onwards bool   // with Nth: that one and all after it

	// After: the work is done before it goes wrong, as far as there is any. A Fault with neither
	// answers before.
	Delay  time.Duration
	Status int
	Body   string
	Header http.Header
	Do     Do
	// Gate stops the request until it is closed by the test; Reached is closed when the first one
	// stands there. Both or none.
	Gate    <-chan struct{}
	Reached chan<- struct{}
	// Then runs before the answer, once the request was read: a rotation between two requests.
	Then func()
}

type scripted struct {
	Fault
	seen    int
	reached bool
}

// Script adds faults. The first one that fires for a request is the one it gets.
func (s *Server) Script(faults ...Fault) {
	for _, f := range faults {
		if !slices.Contains([]string{"registry", "docker", "x509", "renew", "metadata", "workload"}, f.On) {
			panic(fmt.Sprintf("ocitest: nothing is called %q", f.On)) // it would never fire
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		s.faults = append(s.faults, &scripted{Fault: f})
	}
}

// Unscript takes all faults away.
func (s *Server) Unscript() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

func (s *Server) fault(name string) *scripted {
	s.mu.Lock()
	defer s.mu.Unlock()
	var hit *scripted
	for _, f := range s.faults {
		if f.On != name {
			continue
		}
		f.seen++
		if hit == nil && (f.Nth == 0 || f.seen == f.Nth || f.Onwards && f.seen > f.Nth) {
			hit = f
		}
	}
	return hit
}

// answer sends what was decided, as the script wants it.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, name string, decide func() reply) {
	f := s.fault(name)
	if f == nil {
		decide().write(w, s)
		return
	}
	if f.Then != nil {
		f.Then()
	}
	if f.Gate != nil {
		s.mu.Lock()
		first := !f.reached
		f.reached = true
		s.mu.Unlock()
		if first && f.Reached != nil {
			close(f.Reached)
		}
		select {
		case <-f.Gate:
		case <-r.Context().Done():
		case <-s.done:
		}
	}
	if f.Delay > 0 {
		s.sleep(r.Context(), f.Delay)
	}
	a := decide()
	if f.Status != 0 {
		a = reply{status: f.Status, header: http.Header{"Content-Type": {"application/json"}}, body: []byte(f.Body)}
	}
	for k, v := range f.Header {
		a.header[http.CanonicalHeaderKey(k)] = v
	}
	switch f.Do {
	case Stall:
		select {
		case <-r.Context().Done():
		case <-s.done:
		}
		panic(http.ErrAbortHandler)
	case Reset:
		panic(http.ErrAbortHandler)
	case Cut:
		w.Header().Set("Content-Length", fmt.Sprint(len(a.body)+1))
		a.header.Del("Content-Length")
		a.body = a.body[:len(a.body)/2]
		a.write(w, s)
		if flusher, ok := w.(http.Flusher); ok {
			flusher.Flush()
		}
		panic(http.ErrAbortHandler)
	}
	a.write(w, s)
}

func (s *Server) sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	case <-s.done:
	}
}

// A reply is a whole answer.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func (a reply) write(w http.ResponseWriter, s *Server) {
	w.Header().Set("Date", s.Now().UTC().Format(http.TimeFormat))
	w.Header().Set("Opc-Request-Id", randomHex(16))
	for k, v := range a.header {
		w.Header()[k] = v
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}
