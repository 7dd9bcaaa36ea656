package wire

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A Clock is what an answer tells about this machine's clock.
type Clock struct {
	// Known reports whether the answer had a Date that could be read.
	Known bool
	// Skew is the host's clock minus ours: add it to our time to get the host's. It is the smallest difference that
	// explains the Date, so it has neither a slow answer's time nor the rounding to seconds: 0 if both may agree.
	Skew time.Duration
	// Wild: the Date is over 24 h from our clock, or outside the time in which the host's certificate is valid. It isn't
	// used for a correction: a signature with a time years ahead would be accepted for years. Known is false then.
	Wild bool
}

const (
	maxSkew  = 24 * time.Hour
	lastSkew = 100 * 365 * 24 * time.Hour // a larger one isn't reported at all
	// matters is the smallest skew that is compared with the certificate, which may be newer than a smaller one.
	matters = time.Minute
)

// Clock is what the answer's Date tells about our clock.
func (r *Reply) Clock() Clock {
	c := readClock(r.Header.Get("Date"), r.Sent, r.Got)
	if d, ok := r.Date(); ok && c.Known && c.Skew.Abs() >= matters && r.leaf != nil && (d.Before(r.leaf.NotBefore) || d.After(r.leaf.NotAfter)) {
		return Clock{Skew: c.Skew, Wild: true}
	}
	return c
}

// Date is the host's own time, whole seconds.
func (r *Reply) Date() (d time.Time, ok bool) {
	d, err := http.ParseTime(r.Header.Get("Date"))
	return d, err == nil
}

// RetryAfter is the answer's Retry-After, 1 s to 300 s; 0: it has none.
//
//go:noinline
func (r *Reply) RetryAfter() time.Duration { return readRetryAfter(r.Header, r.Got) }

// readClock compares a Date header with our clock. The host wrote it between sent and got (our clock), rounded down to
// seconds, so its clock then had a time from d to d + 1 s.
func readClock(date string, sent, got time.Time) Clock {
	d, err := http.ParseTime(date)
	if err != nil {
		return Clock{}
	}
	var skew time.Duration
	switch {
	case d.After(got):
		skew = d.Sub(got)
	case d.Add(time.Second).Before(sent):
		skew = d.Add(time.Second).Sub(sent)
	}
	switch {
	case skew.Abs() > lastSkew:
		return Clock{}
	case skew.Abs() > maxSkew:
		return Clock{Skew: skew, Wild: true}
	}
	return Clock{Known: true, Skew: skew}
}

// The bounds of a Retry-After: a host can't stop us for longer, and 0 would be no pause.
const (
	minRetryAfter = time.Second
	maxRetryAfter = 300 * time.Second
)

// readRetryAfter reads the header's two forms (RFC 9110 10.2.3): seconds, or a date, which counts from the answer's own
// Date, since our clock may be wrong, else from now. A time out of bounds becomes 1 s or 300 s. 0: no header, or no time.
func readRetryAfter(h http.Header, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0
	}
	if n, err := strconv.ParseInt(v, 10, 64); err == nil {
		return clampRetryAfter(time.Duration(min(max(n, 0), 1000)) * time.Second)
	} else if err.(*strconv.NumError).Err == strconv.ErrRange {
		return clampRetryAfter(time.Duration(n)) // ParseInt gives the nearest end of its range
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	if d, err := http.ParseTime(h.Get("Date")); err == nil {
		now = d
	}
	return clampRetryAfter(at.Sub(now))
}

func clampRetryAfter(d time.Duration) time.Duration {
	return min(max(d, minRetryAfter), maxRetryAfter)
}
