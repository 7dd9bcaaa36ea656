package wire

import (
	"net/http"
	"testing"
	"time"
)

func TestReadClock(t *testing.T) {
	sent := time.Date(2026, 3, 1, 12, 0, 0, 700e6, time.UTC)
	got := sent.Add(2 * time.Second) // 12:00:02.7
	for _, tt := range []struct {
		date string
		want Clock
	}{
		{"Sun, 01 Mar 2026 12:00:00 GMT", Clock{true, 0}}, // cut to whole seconds
		{"Sun, 01 Mar 2026 12:00:02 GMT", Clock{true, 0}},
		{"Sun, 01 Mar 2026 12:00:03 GMT", Clock{true, 300 * time.Millisecond}},
		{"Sun, 01 Mar 2026 11:59:59 GMT", Clock{true, -700 * time.Millisecond}},
		{"Sun, 01 Mar 2026 12:10:02 GMT", Clock{true, 10*time.Minute - 700*time.Millisecond}},
		{"Sunday, 01-Mar-26 12:00:01 GMT", Clock{true, 0}},
		{"Sun Mar  1 12:00:01 2026", Clock{true, 0}},
		{"Thu, 01 Jan 1970 00:00:00 GMT", Clock{true, time.Date(1970, 1, 1, 0, 0, 1, 0, time.UTC).Sub(sent)}},
		{"Thu, 01 Jan 0001 00:00:00 GMT", Clock{}},
		{"Fri, 31 Dec 9999 23:59:59 GMT", Clock{}},
		{"", Clock{}},
		{"yesterday", Clock{}},
	} {
		if c := readClock(tt.date, sent, got); c != tt.want {
			t.Errorf("%q: got %v, want %v", tt.date, c, tt.want)
		}
	}
}

func TestReadRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		value, date string
		want        time.Duration
	}{
		{"", "", 0},
		{"7", "", 7 * time.Second},
		{" 7 ", "", 7 * time.Second},
		{"0", "", time.Second},
		{"-1", "", time.Second},
		{"301", "", 300 * time.Second},
		{"1000000000", "", 300 * time.Second},
		{"99999999999999999999999999", "", 300 * time.Second},
		{"-99999999999999999999999999", "", time.Second},
		{"7.5", "", 0},
		{"soon", "", 0},
		{"Sun, 01 Mar 2026 12:00:30 GMT", "", 30 * time.Second},
		{"Sun, 01 Mar 2026 11:00:00 GMT", "", time.Second},
		{"Sun, 01 Mar 2027 12:00:00 GMT", "", 300 * time.Second},
		// The domain's clock is ten minutes ahead: its own Date is what counts.
		{"Sun, 01 Mar 2026 12:10:30 GMT", "Sun, 01 Mar 2026 12:10:00 GMT", 30 * time.Second},
	} {
		h := http.Header{}
		h.Set("Retry-After", tt.value)
		h.Set("Date", tt.date)
		if got := readRetryAfter(h, now); got != tt.want {
			t.Errorf("%q, Date %q: got %v, want %v", tt.value, tt.date, got, tt.want)
		}
	}
}
