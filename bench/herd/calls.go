package main

import (
	"cmp"
	"slices"
	"time"
)

// calls are the scheduled calls of the simulation, in a bucket for each second, which is sorted when its time comes. One
// heap for a million machines would be slow, by cache misses.
type calls struct {
	seconds [][]entry
	at      int
	now     []entry // the rest of this second, in order
}

type entry struct {
	t    time.Duration
	host int
}

func newCalls(until time.Duration) *calls {
	return &calls{seconds: make([][]entry, int(until/time.Second)), at: -1}
}

// add schedules a call, unless it is after the end.
func (c *calls) add(t time.Duration, host int) {
	e := entry{t, host}
	switch s := int(t / time.Second); {
	case s >= len(c.seconds):
	case s <= c.at:
		i, _ := slices.BinarySearchFunc(c.now, e, compare)
		c.now = slices.Insert(c.now, i, e)
	default:
		c.seconds[s] = append(c.seconds[s], e)
	}
}

// next removes and returns the earliest call.
func (c *calls) next() (t time.Duration, host int, ok bool) {
	for len(c.now) == 0 {
		c.at++
		if c.at >= len(c.seconds) {
			return 0, 0, false
		}
		c.now, c.seconds[c.at] = c.seconds[c.at], nil
		slices.SortFunc(c.now, compare)
	}
	e := c.now[0]
	c.now = c.now[1:]
	return e.t, e.host, true
}

// compare orders by time, and calls of one moment by machine, so that each run has the same order.
func compare(a, b entry) int {
	return cmp.Or(cmp.Compare(a.t, b.t), cmp.Compare(a.host, b.host))
}
