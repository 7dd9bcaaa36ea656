package idcstest

import (
	"fmt"
)

// A presentation is one arrival of a refresh token at the token endpoint.
type presentation struct {
	token    *refreshToken
	conn     *conn
	scripted bool // a fault or a gate touched the request
	killed   bool // the test declared that a process was killed at this time
	ended    bool // the last byte of an answer is on its way, or there will be none
	whole    bool // the answer was delivered
	carried  bool // and it held the successor
}

// excused reports whether the client may not have got what the domain answered.
func (p *presentation) excused() bool { return p.killed || (p.scripted && !(p.whole && p.carried)) }

// present books the arrival of a refresh token and checks I1 to I3. s.mu is held.
func (s *Server) present(value string, c *conn) *presentation {
	t := s.refreshTokens[value]
	if t == nil {
		t = &refreshToken{digest: Digest(value), family: &family{unknown: true}}
		s.refreshTokens[value] = t
	}
	p := &presentation{token: t, conn: c, killed: c.killed}
	name := fmt.Sprintf("refresh token %s (family %d, generation %d)", t.digest, t.family.id, t.gen)

	if why := broken1(t); why != "" {
		if t.replays == 0 {
			s.breaks(c, "I1 broken: %s %s", name, why)
		}
	}
	still := t.family.open[:0]
	for _, q := range t.family.open {
		if q.ended || q.killed || q.conn.clientGone() {
			continue
		}
		still = append(still, q)
		s.breaks(c, "I2 broken: %s presented while #%d presents %s of its family", name, q.conn.id, q.token.digest)
	}
	t.family.open = append(still, p)
	if r := t.refused; r != nil && r.whole && !r.killed && t.replays == 0 {
		if s.typed == 0 {
			s.breaks(c, "I3 broken: %s presented again after a delivered invalid_grant", name)
		} else {
			s.typed--
		}
	}
	t.replays = max(0, t.replays-1)
	if t.parent != nil {
		t.parent.proved = true
	}
	t.last = p
	c.s.journal.add(c.id, func(n *Counts) { n.Presentations[t.digest]++ }, "presents %s", name)
	return p
}

// broken1 says why I1 forbids presenting t again, or nothing.
func broken1(t *refreshToken) string {
	p := t.rotated
	switch {
	case p == nil:
		return "" // the domain hasn't replaced it
	case t.proved:
		return "presented again after its successor was"
	case p.excused():
		return ""
	case p.whole && p.carried:
		return "presented again, though it was replaced and its successor delivered"
	}
	return "presented again, though replaced; its client left before the answer, and neither a script nor a declared kill says why"
}

// breaks records a broken invariant. s.mu is held.
func (s *Server) breaks(c *conn, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	s.broken = append(s.broken, text)
	s.journal.add(c.id, nil, "%s", text)
}

// Broken lists the invariants that were broken so far, as sentences without secrets.
func (s *Server) Broken() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.broken...)
}

// Killed declares that a process was killed just now (KILL, a power cut, a crash), wherever it was.
// What the domain answered last in each login may be lost with it: the refresh tokens presented last
// may come again, and what is in flight no longer counts. It must be called before the next call of
// the program. The permission ends when a successor is presented, which proves that it was saved, or
// when a later answer is delivered. It returns when what had arrived is dealt with.
func (s *Server) Killed() {
	s.settled()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.refreshTokens {
		if t.last != nil && !t.proved {
			t.last.killed = true
		}
	}
	for c := range s.conns { // what they sent may not have been read yet
		c.killed = true
	}
	s.journal.add(0, nil, "the test declares a kill")
}

// Lost says how it came that nobody has the successor of a refresh token: by a declared kill, or by the
// script. It is "" for a token that wasn't replaced, and for one whose successor was delivered or used.
func (s *Server) Lost(refresh string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.refreshTokens[refresh]
	switch {
	case t == nil || t.rotated == nil || t.proved || !t.rotated.excused():
		return ""
	case t.rotated.killed:
		return "its client was killed"
	}
	return "the script lost the answer"
}

// AllowReplay allows one more presentation of a refresh token, whatever I1 and I3 say of it.
func (s *Server) AllowReplay(refresh string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.refreshTokens[refresh]; t != nil {
		t.replays++
	}
	s.journal.add(0, nil, "the test allows one more presentation of %s", Digest(refresh))
}

// TypedRefresh declares that a person types `refresh`: once, I3 lets a refused token come again.
func (s *Server) TypedRefresh() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.typed++
	s.journal.add(0, nil, "the test declares a refresh typed by a person")
}
