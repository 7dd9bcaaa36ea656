package cache

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
			want Want
			need time.Duration
		}{{Want{}, tt.need}, {Want{Need: 300 * time.Second}, tt.docker}} {
			for _, spread := range []float64{0.9, 1} {
				early := max(time.Duration(float64(tt.early)*spread), w.need)
				for _, p := range []struct {
					left time.Duration
					zone zone
				}{
					{tt.life, fresh}, {early + ms, fresh},
					{w.need + ms, zoneBetween(w.need+ms, early)}, {w.need, hard}, {tt.margin + ms, hard},
					{tt.margin, expired}, {0, expired}, {-time.Hour, expired},
				} {
					s := Stamp{Life: tt.life}
					if got := zoneOf(s, w.want, p.left, spread); got != p.zone {
						t.Errorf("life %v, need %v, spread %v, left %v: zone %d, want %d", tt.life, w.need, spread, p.left, got, p.zone)
					}
				}
			}
		}
	}
}

func zoneBetween(left, earlyEnd time.Duration) zone {
	if left <= earlyEnd {
		return early
	}
	return fresh
}

func TestMinTTL(t *testing.T) {
	hour := Stamp{Life: time.Hour}
	for _, tt := range []struct {
		s    Stamp
		ttl  time.Duration
		left time.Duration
		want zone
	}{
		{hour, 50 * time.Minute, 51 * time.Minute, fresh},
		{hour, 50 * time.Minute, 50 * time.Minute, hard},                               // above early, and the lower row holds
		{hour, 2 * time.Hour, time.Hour - 29*time.Second, fresh},                       // just obtained
		{hour, 2 * time.Hour, time.Hour - 30*time.Second, hard},                        // not any more
		{Stamp{Life: 60 * time.Second}, time.Hour, 46 * time.Second, fresh},            // life/4
		{Stamp{Life: 60 * time.Second}, time.Hour, 45 * time.Second, hard},             //
		{hour, time.Second, 700 * time.Second, early}, {hour, time.Second, 0, expired}, // less than usual
	} {
		if got := zoneOf(tt.s, Want{MinTTL: tt.ttl}, tt.left, 1); got != tt.want {
			t.Errorf("life %v, min %v, left %v: zone %d, want %d", tt.s.Life, tt.ttl, tt.left, got, tt.want)
		}
	}
}

// Whatever a clock does, no dead token looks alive, and a jump costs one refresh at most.
func TestClockJumps(t *testing.T) {
	real := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	boot := 100 * time.Hour
	s := Stamp{Obtained: real, Boot: boot, Life: time.Hour}
	at := func(y int) time.Duration { return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC).Sub(real) }
	for _, tt := range []struct {
		name      string
		passed    time.Duration // truly
		jump      time.Duration // of the wall clock
		boot      time.Duration // reading; -1: boot plus passed
		wantAlive bool
	}{
		{"nothing", 10 * time.Minute, 0, -1, true},
		{"dead", 2 * time.Hour, 0, -1, false},
		{"set back 5 h, alive", 10 * time.Minute, -5 * time.Hour, -1, false}, // obtained in the future: one refresh
		{"set back 5 h, dead", 6 * time.Hour, -5*time.Hour - 30*time.Minute, -1, false},
		{"set back to just after, dead", 6 * time.Hour, -5*time.Hour - 59*time.Minute, -1, false},
		{"set back 30 s", 10 * time.Second, -30 * time.Second, -1, true},
		{"ahead 5 h", 10 * time.Minute, 5 * time.Hour, -1, false},
		{"1970", 10 * time.Minute, at(1970), -1, false},
		{"2038", 10 * time.Minute, at(2038), -1, false},
		{"2100", 10 * time.Minute, at(2100), -1, false},
		{"suspended", 2 * time.Hour, 0, -1, false},
		{"rebooted, alive", 10 * time.Minute, 0, time.Minute, true},
		{"rebooted, dead", 2 * time.Hour, 0, time.Minute, false},
		{"no boot clock", 10 * time.Minute, 0, 0, true},
		{"no boot clock, dead", 2 * time.Hour, 0, 0, false},
	} {
		b := tt.boot
		if b == -1 {
			b = boot + tt.passed
		}
		got := left(s, real.Add(tt.passed+tt.jump), b)
		if (got > 0) != tt.wantAlive {
			t.Errorf("%s: left %v", tt.name, got)
		}
		if got > s.Life {
			t.Errorf("%s: left %v is more than its life", tt.name, got)
		}
	}
}

// On another machine boot clocks have nothing to do with each other.
func TestAnotherMachinesBootClockIsIgnored(t *testing.T) {
	dir := folder(t)
	tok := plant(t, dir, "a", "r", 10*time.Minute, time.Hour)
	tok.machine, tok.AccessStamp.Boot = "another", 1*time.Millisecond
	plantToken(t, dir, tok)
	dir.sys.Boot = func() time.Duration { return 1000 * time.Hour }
	if dir.sys.Machine() == "" {
		dir.sys.Machine = func() string { return "this" }
	}
	r := Renewal{Refresh: nil} // would panic
	got, err := dir.Token(t.Context(), testKey, Want{}, r)
	if err != nil || got.Token.Access != tok.Access {
		t.Errorf("got %v", err)
	}
	if v := dir.View(testKey, r); v.State != "fresh" || v.Left < 40*time.Minute {
		t.Errorf("view: %+v", v)
	}
}
