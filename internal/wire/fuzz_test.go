package wire

import (
	"math"
	"net/http"
	"testing"
	"time"
)

// Any Retry-After is 0 or 1 s to 300 s; any Date gives a skew that is finite and bounded.
func FuzzClockHeaders(f *testing.F) {
	for _, s := range []string{"", "7", "-1", "1e9", "1000000000000000000000", "NaN", "Sun, 06 Nov 1994 08:49:37 GMT",
		"Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 01 Jan 0000 00:00:00 GMT"} {
		f.Add(s, s, int64(1e9))
		f.Add(s, "Sun, 06 Nov 1994 08:49:37 GMT", int64(0))
		f.Add("Sun, 06 Nov 1994 08:49:37 GMT", s, int64(math.MaxInt32))
	}
	f.Fuzz(func(t *testing.T, retry, date string, now int64) {
		n := time.Unix(now%(1<<38), 0)
		d := readRetryAfter(http.Header{"Retry-After": {retry}, "Date": {date}}, n)
		if d != 0 && (d < time.Second || d > 300*time.Second) {
			t.Errorf("pause %v", d)
		}
		c := readClock(date, n, n.Add(time.Second))
		if c.Skew > maxSkew || c.Skew < -maxSkew || !c.Known && c.Skew != 0 {
			t.Errorf("clock %v", c)
		}
	})
}
