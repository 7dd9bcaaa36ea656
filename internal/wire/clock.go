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
	// Skew is the domain's clock minus ours: add it to our time to get the domain's. It is the
	// smallest difference that explains the Date, so neither a slow answer nor the header's whole
	// seconds show up in it: 0 where both clocks may agree.
	Skew time.Duration
	// Wild: the Date is over 24 h from our clock, or from the time for which the host's certificate is
	// valid. No clock is corrected by it: who signed what the host will accept in ten years would have
	// given it away. Known is false then.
	Wild bool
}

const (
	maxSkew  = 24 * time.Hour
	lastSkew = 100 * 365 * 24 * time.Hour // beyond, it isn't even told
	// matters is from when on anybody corrects anything; a certificate may be newer than that.
	matters = time.Minute
)

// Clock is what the answer's Date says.
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

// RetryAfter is what the answer asks for, 1 s to 300 s; 0: it doesn't say.
func (r *Reply) RetryAfter() time.Duration { return readRetryAfter(r.Header, r.Got) }

// readClock judges a Date header. The domain wrote it at some moment between sent and got (our
// clock), and cut it to whole seconds: at d it was d up to d + 1 s there.
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

// The bounds of a Retry-After: a domain can't silence us for longer, and 0 would be no pause.
const (
	minRetryAfter = time.Second
	maxRetryAfter = 300 * time.Second
)

// readRetryAfter reads the header's two forms (RFC 9110 10.2.3), seconds or a date, the date
// against the answer's own Date, since our clock may be wrong, else against now. What is a time but
// out of bounds is clamped to 1–300 s. 0: no header, or not a time.
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
