package policy

import (
	"testing"
	"time"
)

// The bounds of the zones, by life: fresh above early, margin and below is dead.
func TestZones(t *testing.T) {
	const ms = time.Millisecond
	for _, tt := range []struct {
		life, early, need, docker, margin time.Duration
	}{
		{time.Second, 500 * ms, 250 * ms, 250 * ms, 100 * ms},
		{5 * time.Second, 2500 * ms, 1250 * ms, 1250 * ms, 500 * ms},
		{60 * time.Second, 30 * time.Second, 15 * time.Second, 15 * time.Second, 5 * time.Second},
		{300 * time.Second, 150 * time.Second, 60 * time.Second, 75 * time.Second, 5 * time.Second},
		{20 * time.Minute, 300 * time.Second, 60 * time.Second, 300 * time.Second, 5 * time.Second},
		{time.Hour, 720 * time.Second, 60 * time.Second, 300 * time.Second, 5 * time.Second},
		{8 * time.Hour, 96 * time.Minute, 60 * time.Second, 300 * time.Second, 5 * time.Second},
	} {
		if got := EarlyFrom(tt.life); got != tt.early {
			t.Errorf("life %v: early from %v, want %v", tt.life, got, tt.early)
		}
		for _, w := range []struct {
			demand Query
			need   time.Duration
		}{{Query{}, tt.need}, {Query{Need: 300 * time.Second}, tt.docker}} {
			for _, due := range []time.Duration{Due(tt.life, 0), tt.early, Due(tt.life, 1)} {
				early := max(due, w.need)
				for _, p := range []struct {
					left time.Duration
					zone Zone
				}{
					{tt.life, Fresh}, {early + ms, Fresh},
					{w.need + ms, zoneBetween(w.need+ms, early)}, {w.need, Hard}, {tt.margin + ms, Hard},
					{tt.margin, Expired}, {0, Expired}, {-time.Hour, Expired},
				} {
					if got := w.demand.Zone(tt.life, p.left, due); got != p.zone {
						t.Errorf("life %v, need %v, due %v, left %v: %v, want %v", tt.life, w.need, due, p.left, got, p.zone)
					}
				}
			}
		}
	}
}

func zoneBetween(left, earlyEnd time.Duration) Zone {
	if left <= earlyEnd {
		return Early
	}
	return Fresh
}

// Tokens fall due one after the other, from half of their life on, and the last one so early that there
// is time for a domain that is down.
func TestDue(t *testing.T) {
	for _, tt := range []struct{ life, soonest, last time.Duration }{
		{time.Minute, 30 * time.Second, 27 * time.Second},
		{300 * time.Second, 150 * time.Second, 135 * time.Second},
		{time.Hour, 30 * time.Minute, 648 * time.Second},
		{8 * time.Hour, 4 * time.Hour, 86*time.Minute + 24*time.Second},
	} {
		for lot, want := range map[float64]time.Duration{0: tt.last, 0.5: (tt.soonest + tt.last) / 2, 1: tt.soonest} {
			if got := Due(tt.life, lot); got != want {
				t.Errorf("life %v, lot %v: due at %v, want %v", tt.life, lot, got, want)
			}
		}
	}
}

// What docker needs is 300 s, but at most half of the life; what somebody has set counts where it is more, and
// leaves a quarter of the life to spare.
func TestHalfAndLeast(t *testing.T) {
	for _, tt := range []struct{ life, least, need time.Duration }{
		{time.Hour, 0, 300 * time.Second},
		{10 * time.Minute, 0, 300 * time.Second},
		{300 * time.Second, 0, 150 * time.Second},
		{time.Minute, 0, 30 * time.Second},
		{time.Hour, 10 * time.Minute, 10 * time.Minute},
		{time.Hour, 45 * time.Minute, 45 * time.Minute},
		{time.Hour, time.Minute, 300 * time.Second},
		{time.Hour, 46 * time.Minute, 45 * time.Minute}, // nearer the whole life every call would get a new token
		{time.Hour, 100 * time.Hour, 45 * time.Minute},
		{10 * time.Minute, 10 * time.Minute, 450 * time.Second},
		{300 * time.Second, 200 * time.Second, 200 * time.Second},
	} {
		q := Query{Need: 300 * time.Second, Half: true, Least: tt.least}
		for left, want := range map[time.Duration]Zone{tt.need: Hard, tt.need + time.Second: Fresh} {
			if got := q.Zone(tt.life, left, tt.need); got != want {
				t.Errorf("life %v, least %v, left %v: %v, want %v", tt.life, tt.least, left, got, want)
			}
		}
	}
}

func TestMinTTL(t *testing.T) {
	const hour = time.Hour
	for _, tt := range []struct {
		life time.Duration
		ttl  time.Duration
		left time.Duration
		want Zone
	}{
		{hour, 50 * time.Minute, 51 * time.Minute, Fresh},
		{hour, 50 * time.Minute, 50 * time.Minute, Hard},                               // above early, and the lower row holds
		{hour, 2 * time.Hour, time.Hour - 29*time.Second, Fresh},                       // just obtained
		{hour, 2 * time.Hour, time.Hour - 30*time.Second, Hard},                        // not any more
		{time.Minute, time.Hour, 46 * time.Second, Fresh},                              // life/4
		{time.Minute, time.Hour, 45 * time.Second, Hard},                               //
		{hour, time.Second, 700 * time.Second, Early}, {hour, time.Second, 0, Expired}, // less than usual
	} {
		if got := (Query{MinTTL: tt.ttl}).Zone(tt.life, tt.left, EarlyFrom(tt.life)); got != tt.want {
			t.Errorf("life %v, min %v, left %v: %v, want %v", tt.life, tt.ttl, tt.left, got, tt.want)
		}
	}
}
