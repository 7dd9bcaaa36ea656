package idcstest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"time"
)

// An Event is one line of the journal. Its text holds no secret: tokens, codes and assertions are
// named by Digest, everything else that is secret isn't named at all.
type Event struct {
	At   time.Time // the machine's clock, not the domain's
	Conn int       // the connection, from 1; 0: the test itself
	Text string
}

// Counts are the domain's counters since the start.
type Counts struct {
	Connections int // TCP connections accepted
	Handshakes  int // TLS handshakes completed
	Requests    int // requests whose header was read
	PlainBytes  int // bytes that came without TLS

	// Posts counts requests that were read whole, by the short name of the grant for the token
	// endpoint, else by the name of the endpoint: device, revoke, authorize, discovery, keys, other.
	Posts map[string]int

	Presentations map[string]int // of refresh tokens at the token endpoint, by Digest
	InFlight      int            // requests that were read and not yet answered
	MaxInFlight   int
}

// Digest names a secret in journals and counters: the first 8 hex digits of its SHA-256.
func Digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:4])
}

// A journal keeps events and counters together, so that who waits for a counter is woken by the event
// that moved it.
type journal struct {
	mu      sync.Mutex
	events  []Event
	counts  Counts
	keep    int           // Options.Keep
	changed chan struct{} // closed and replaced at each event
}

func newJournal(keep int) *journal {
	return &journal{
		keep:    keep,
		counts:  Counts{Posts: map[string]int{}, Presentations: map[string]int{}},
		changed: make(chan struct{}),
	}
}

// add writes a line and, in the same moment, lets count move the counters; count may be nil.
func (j *journal) add(conn int, count func(*Counts), format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events = keep(j.keep, append(j.events, Event{time.Now(), conn, fmt.Sprintf(format, args...)}))
	if count != nil {
		count(&j.counts)
	}
	close(j.changed)
	j.changed = make(chan struct{})
}

// snapshot is a copy of the counters and the channel that closes at the next event.
func (j *journal) snapshot() (Counts, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	c := j.counts
	c.Posts, c.Presentations = map[string]int{}, map[string]int{}
	for k, v := range j.counts.Posts {
		c.Posts[k] = v
	}
	for k, v := range j.counts.Presentations {
		c.Presentations[k] = v
	}
	return c, j.changed
}

// Counts is a copy of the counters.
func (s *Server) Counts() Counts {
	c, _ := s.journal.snapshot()
	return c
}

// Posts is Counts().Posts[name].
func (s *Server) Posts(name string) int { return s.Counts().Posts[name] }

// Await returns when done says yes to the counters, which it is asked at every event, or with ctx's
// error. A test waits with it for what happens at the domain, in place of a sleep.
func (s *Server) Await(ctx context.Context, done func(Counts) bool) error {
	for {
		c, changed := s.journal.snapshot()
		if done(c) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("idcstest: awaited in vain, counters are %+v: %w", c, ctx.Err())
		}
	}
}

// Journal is a copy of all events in their order.
func (s *Server) Journal() []Event {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	return append([]Event(nil), s.journal.events...)
}

// JournalText is the journal for people: a line an event, times since the first.
func (s *Server) JournalText() string {
	var b strings.Builder
	events := s.Journal()
	for _, e := range events {
		fmt.Fprintf(&b, "%9.3fs #%-3d %s\n", e.At.Sub(events[0].At).Seconds(), e.Conn, e.Text)
	}
	return b.String()
}

// Note writes a line of the test's own into the journal. It must hold no secret.
func (s *Server) Note(format string, args ...any) { s.journal.add(0, nil, format, args...) }
