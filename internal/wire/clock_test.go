package wire

import (
	"crypto/x509"
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
		{"Sun, 01 Mar 2026 12:00:00 GMT", Clock{Known: true, Skew: 0}}, // cut to whole seconds
		{"Sun, 01 Mar 2026 12:00:02 GMT", Clock{Known: true, Skew: 0}},
		{"Sun, 01 Mar 2026 12:00:03 GMT", Clock{Known: true, Skew: 300 * time.Millisecond}},
		{"Sun, 01 Mar 2026 11:59:59 GMT", Clock{Known: true, Skew: -700 * time.Millisecond}},
		{"Sun, 01 Mar 2026 12:10:02 GMT", Clock{Known: true, Skew: 10*time.Minute - 700*time.Millisecond}},
		{"Sunday, 01-Mar-26 12:00:01 GMT", Clock{Known: true, Skew: 0}},
		{"Sun Mar  1 12:00:01 2026", Clock{Known: true, Skew: 0}},
		{"Mon, 02 Mar 2026 12:00:02 GMT", Clock{Known: true, Skew: 24*time.Hour - 700*time.Millisecond}},
		{"Mon, 02 Mar 2026 12:00:03 GMT", Clock{Wild: true, Skew: 24*time.Hour + 300*time.Millisecond}},
		{"Sat, 28 Feb 2026 11:59:58 GMT", Clock{Wild: true, Skew: -24*time.Hour - 1700*time.Millisecond}},
		{"Thu, 01 Jan 1970 00:00:00 GMT", Clock{Wild: true, Skew: time.Date(1970, 1, 1, 0, 0, 1, 0, time.UTC).Sub(sent)}},
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

// A certificate bounds what its server may say of the time.
func TestADateOutsideTheCertificatesValidityIsWild(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	leaf := &x509.Certificate{NotBefore: now.Add(-2 * time.Hour), NotAfter: now.Add(2 * time.Hour)}
	for _, tt := range []struct {
		off  time.Duration
		wild bool
	}{{0, false}, {time.Hour, false}, {-time.Hour, false}, {3 * time.Hour, true}, {-3 * time.Hour, true}} {
		r := Reply{Header: http.Header{"Date": {now.Add(tt.off).Format(http.TimeFormat)}}, Sent: now, Got: now, leaf: leaf}
		if c := r.Clock(); c.Wild != tt.wild || c.Known == tt.wild {
			t.Errorf("%v: %+v", tt.off, c)
		}
	}
	leaf.NotBefore = now // made this second: small differences aren't judged by it
	r := Reply{Header: http.Header{"Date": {now.Add(-30 * time.Second).Format(http.TimeFormat)}}, Sent: now, Got: now, leaf: leaf}
	if c := r.Clock(); !c.Known {
		t.Errorf("half a minute before the certificate: %+v", c)
	}
}
