package idcstest

import (
	"maps"
	"slices"
	"sync/atomic"
	"time"
)

// A work is what a connection is doing, for settled.
type work struct {
	reading atomic.Bool   // it waits for bytes
	taken   atomic.Uint64 // bytes that it has read
	serving atomic.Bool   // it has a request that isn't answered
	waiting atomic.Bool   // by the test's own doing: at a gate, or in a fault
	over    atomic.Bool
}

func (c *conn) read(b []byte) (n int, err error) {
	c.work.reading.Store(true)
	n, err = c.tcp.Read(b)
	c.work.reading.Store(false)
	c.work.taken.Add(uint64(n))
	return n, err
}

// waits begins a wait of the test's own doing; the function that it returns ends it.
func (c *conn) waits() (end func()) {
	c.work.waiting.Store(true)
	return func() { c.work.waiting.Store(false) }
}

// sleep waits, and reports whether the client left first.
func (c *conn) sleep(d time.Duration) (left bool) {
	defer c.waits()()
	return c.s.sleep(d, c.gone)
}

// quiet reports whether all that has arrived is dealt with.
func (c *conn) quiet() bool {
	w := &c.work
	if w.over.Load() || w.waiting.Load() {
		return true
	}
	taken := w.taken.Load()
	if !w.reading.Load() || w.serving.Load() || received(c.tcp) > taken {
		return false
	}
	return w.taken.Load() == taken && w.reading.Load() && !w.serving.Load() // all of that at one moment
}

// settled waits until what has arrived on the open connections is dealt with. A domain deals with a request
// within milliseconds; here, on a machine with much to do, one that arrived before a kill could be judged after
// that of the next process, which then seems to have come too early.
func (s *Server) settled() {
	s.mu.Lock()
	open := slices.Collect(maps.Keys(s.conns))
	s.mu.Unlock()
	const enough = 10 * time.Second // for a client that doesn't read an answer without an end
	for end := time.Now().Add(enough); time.Now().Before(end); time.Sleep(100 * time.Microsecond) {
		if open = slices.DeleteFunc(open, (*conn).quiet); len(open) == 0 {
			return
		}
	}
}
