package idcstest

import "time"

// Now is the domain's clock, which judges assertions, dates answers and stamps tokens.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now()
}

// now is Now with s.mu held.
func (s *Server) now() time.Time { return s.opts.Clock().Add(s.skew) }

// SetSkew puts the domain's clock off by d. Codes and tokens age with it.
func (s *Server) SetSkew(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.skew = d
}

// sleep waits, and reports whether gone closed first. It ends early when the domain closes.
func (s *Server) sleep(d time.Duration, gone <-chan struct{}) (left bool) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return false
	case <-gone:
		return true
	case <-s.done:
		return true
	}
}
