package idcstest

import (
	"context"
	"fmt"
	"slices"
)

// A Point is a place that a connection or a request passes, in this order. Gates stop there, and
// faults happen there.
type Point string

const (
	Accepted       Point = "accepted"        // TCP is open, no byte was read
	Hello          Point = "client hello"    // the client's hello was read, nothing was sent
	Handshaken     Point = "handshaken"      // TLS is up, no byte of a request was read
	Headers        Point = "headers"         // the request's header was read, its body not
	RequestRead    Point = "request read"    // all of the request was read, nothing of it judged
	BeforeRotation Point = "before rotation" // form and client are good; the grant isn't judged, nothing spent
	AfterRotation  Point = "after rotation"  // spent, or refused; no byte of the answer was written
	BeforeBody     Point = "before body"     // the answer's header was written
	MidBody        Point = "mid body"        // half of its body, or Fault.Byte bytes, were written
	Answered       Point = "answered"        // the last byte was written
)

// connection reports whether the point comes before there is a request.
func (p Point) connection() bool { return p == Accepted || p == Hello || p == Handshaken }

// A Gate stops the first connection or request that reaches its point, tells the test, and lets it go
// on when told. All that come after pass. Killing a client whose request is at a gate hits an
// exact place without a sleep.
type Gate struct {
	on      string
	point   Point
	reached chan struct{}
	verdict chan bool // true: go on, false: drop
	closed  <-chan struct{}
}

// Gate sets up a gate. on is a grant's short name, an endpoint's name (token, device, revoke,
// authorize, discovery, keys), or "" for all; for Accepted, Hello and Handshaken it is "" and for
// Headers no grant, because nothing else is known then: anything else panics, since it would wait for
// ever.
func (s *Server) Gate(on string, p Point) *Gate {
	mustMatch(on, p)
	g := &Gate{on, p, make(chan struct{}), make(chan bool, 1), s.done}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gates = append(s.gates, g)
	return g
}

// Wait returns when a request is at the gate, or with ctx's error.
func (g *Gate) Wait(ctx context.Context) error {
	select {
	case <-g.reached:
		return nil
	case <-g.closed:
		return fmt.Errorf("idcstest: gate %q %q: the domain was closed", g.on, g.point)
	case <-ctx.Done():
		return fmt.Errorf("idcstest: nobody came to gate %q %q: %w", g.on, g.point, ctx.Err())
	}
}

// Open lets the request go on, whether its client still lives or not: one that is before the
// rotation rotates. Opening twice, or before anybody came, does no harm.
func (g *Gate) Open() { g.tell(true) }

// Drop resets the connection. A request that is before the rotation was never processed.
func (g *Gate) Drop() { g.tell(false) }

func (g *Gate) tell(goOn bool) {
	select {
	case g.verdict <- goOn:
	default:
	}
}

// mustMatch finds a script that can never fire, which would make a test that can't fail.
func mustMatch(on string, p Point) {
	grant := slices.Contains([]string{Refresh, Assertion, ClientCredentials, Password, AuthorizationCode, DeviceCode, Exchange}, on)
	if p.connection() && on != "" || p == Headers && grant {
		panic(fmt.Sprintf("idcstest: nobody knows yet at %q that it is %q", p, on))
	}
	known := slices.Contains([]string{"", "token", "device", "revoke", "authorize", "discovery", "keys", "other"}, on)
	if !known && !grant {
		panic(fmt.Sprintf("idcstest: no grant or endpoint is called %q", on))
	}
}

// gate takes the gate that catches this arrival away from the list, or returns nil.
func (s *Server) gate(p Point, names []string) *Gate {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, g := range s.gates {
		if g.point == p && (g.on == "" || slices.Contains(names, g.on)) {
			s.gates = slices.Delete(s.gates, i, i+1)
			return g
		}
	}
	return nil
}

// stopAt waits at a gate, if one is set up for this arrival; caught is called before. goOn is what the
// test decided; a domain that closes drops.
func (c *conn) stopAt(p Point, names []string, caught func()) (goOn bool) {
	g := c.s.gate(p, names)
	if g == nil {
		return true
	}
	caught()
	c.log("stands at the gate %q", p)
	defer c.waits()()
	close(g.reached)
	select {
	case goOn = <-g.verdict:
	case <-c.s.done:
	}
	if goOn {
		c.log("goes on from %q", p)
		return true
	}
	c.log("dropped at %q", p)
	c.reset()
	return false
}
