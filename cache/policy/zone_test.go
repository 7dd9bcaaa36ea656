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
		for _, w := range []struct {
			demand Demand
			need   time.Duration
		}{{Demand{}, tt.need}, {Demand{Need: 300 * time.Second}, tt.docker}} {
			for _, lot := range []float64{0, 1} {
				early := max(time.Duration(float64(tt.early)*(0.9+0.1*lot)), w.need)
				for _, p := range []struct {
					left time.Duration
					zone Zone
				}{
					{tt.life, Fresh}, {early + ms, Fresh},
					{w.need + ms, zoneBetween(w.need+ms, early)}, {w.need, Hard}, {tt.margin + ms, Hard},
					{tt.margin, Expired}, {0, Expired}, {-time.Hour, Expired},
				} {
					if got := w.demand.Zone(tt.life, p.left, lot); got != p.zone {
						t.Errorf("life %v, need %v, lot %v, left %v: %v, want %v", tt.life, w.need, lot, p.left, got, p.zone)
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
		if got := (Demand{MinTTL: tt.ttl}).Zone(tt.life, tt.left, 1); got != tt.want {
			t.Errorf("life %v, min %v, left %v: %v, want %v", tt.life, tt.ttl, tt.left, got, tt.want)
		}
	}
}
