package idcs

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// S63.
func TestLife(t *testing.T) {
	hour := jwtOf(`{"iat":1000,"exp":4600}`)
	for _, tt := range []struct {
		expires, token string
		want           int64 // seconds; 0: not usable
	}{
		{`3600`, "opaque", 3600},
		{`60`, "opaque", 60},
		{`27261`, "opaque", 27261},
		{`31556952`, "opaque", 31556952},
		{`31556953`, "opaque", 31556952},
		{`"3600"`, "opaque", 3600},
		{`3600.0`, "opaque", 3600},
		{`36e2`, "opaque", 3600},
		{`1e30`, "opaque", 31556952},
		{`1e999`, "opaque", 31556952},
		{`"99999999999999999999999"`, "opaque", 31556952},
		{`null`, "opaque", 300},
		{`[]`, "opaque", 300},
		{`{"a":1}`, "opaque", 300},
		{`true`, "opaque", 300},
		{`"soon"`, "opaque", 300},
		{`""`, "opaque", 300},
		{`"0x10"`, "opaque", 300},
		{`"NaN"`, "opaque", 300},
		{`"Inf"`, "opaque", 300},
		{`0`, "opaque", 0},
		{`-1`, "opaque", 0},
		{`-1e999`, "opaque", 0},
		{`"0"`, "opaque", 0},
		{`"-1"`, "opaque", 0},
		{`0.9`, "opaque", 0},

		{`null`, hour, 3600},
		{`7200`, hour, 3600},
		{`60`, hour, 60},
		{`0`, hour, 0},
		{`3600`, jwtOf(`{"iat":1000,"exp":1000}`), 0},
		{`3600`, jwtOf(`{"iat":1000,"exp":900}`), 0},
		{`3600`, jwtOf(`{"iat":1000}`), 3600},
		{`3600`, jwtOf(`{"exp":1000}`), 0},
		{`3600`, jwtOf(`{"exp":1060}`), 60},
		{`null`, jwtOf(`{"exp":1060}`), 60},
		{`3600`, jwtOf(`{"exp":-1e999}`), 3600},
		// Handed over now, but made half an hour, an hour, two hours ago.
		{`3600`, jwtOf(`{"iat":-800,"exp":2800}`), 1800},
		{`3600`, jwtOf(`{"iat":-2600,"exp":1000}`), 0},
		{`3600`, jwtOf(`{"iat":-6200,"exp":-2600}`), 0},
		{`3600`, jwtOf(`{"iat":1100,"exp":4700}`), 3600}, // made in the future, it doesn't live longer
		{`null`, jwtOf(`{"iat":1060,"exp":4600}`), 3540}, // by another machine of the domain
		{`null`, jwtOf(`{"iat":1100,"exp":4600}`), 3600}, // nonsense
		{`1800`, jwtOf(`{"iat":4600,"exp":4600}`), 1800},
		{`null`, jwtOf(`{"iat":9000,"exp":4600}`), 3600},
		{`3600`, jwtOf(`{"iat":9000,"exp":1600}`), 600},
		{`null`, jwtOf(`{"iat":4599,"exp":4600}`), 3600},
		{`null`, jwtOf(`{"iat":0,"exp":1e300}`), 31556952},
		{`null`, jwtOf(`{"iat":-1e999,"exp":1e999}`), 300},
		{`null`, jwtOf(`{"iat":[],"exp":{}}`), 300},
		{`null`, jwtOf(`{"exp":4600,"iat":1000,"deep":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`), 3600},
		{`null`, jwtOf(`garbage`), 300},
		{`null`, "a.!.c", 300},
		{`null`, strings.Repeat(".", 100000), 300},
		{`null`, strings.Repeat("x", 1<<19) + ".e30.", 300},
	} {
		a, err := answer(fmt.Sprintf(`{"access_token":%q,"refresh_token":"new","expires_in":%s}`, tt.token, tt.expires)).token(ErrSpent)
		name := tt.expires + ", " + tt.token[:min(len(tt.token), 60)]
		if tt.want == 0 {
			if e := asError(t, err); e.Class != ErrFailure || e.Outcome != Settled || e.Refresh.Reveal() != "new" {
				t.Errorf("%s: got %v, %+v", name, a, e)
			}
			continue
		}
		if err != nil || a.Life != time.Duration(tt.want)*time.Second || !a.SentAt.Equal(time.Unix(1e9, 0)) {
			t.Errorf("%s: got %v, %v, want %d s", name, a.Life, err, tt.want)
		}
	}
	a, err := answer(`{"access_token":"x"}`).token(ErrSpent)
	if err != nil || a.Life != 300*time.Second || !a.Refresh.Empty() {
		t.Errorf("an answer with nothing but a token: %v, %v", a, err)
	}
}

// Without a Date our own clock counts, as far as it is known to be wrong.
func TestLifeByOurClock(t *testing.T) {
	r := answer(`{"access_token":"` + jwtOf(`{"iat":999998200,"exp":1000001800}`) + `","expires_in":3600}`)
	r.Header.Del("Date")
	for skew, want := range map[time.Duration]time.Duration{0: 30 * time.Minute, -10 * time.Minute: 40 * time.Minute, 10 * time.Minute: 20 * time.Minute} {
		r.skew = skew
		if a, err := r.token(ErrSpent); err != nil || a.Life != want {
			t.Errorf("off by %v: got %v, %v, want %v", skew, a.Life, err, want)
		}
	}
	r.skew = time.Hour
	if _, err := r.token(ErrSpent); err == nil {
		t.Error("a dead token is served")
	}
}

// A front whose clock is a day off doesn't make a new token a dead one; nor does it make a dead one new.
func TestADateAgainstTwoClocks(t *testing.T) {
	for _, off := range []time.Duration{23 * time.Hour, 25 * time.Hour, 10 * 365 * 24 * time.Hour} {
		for issued, alive := range map[int64]bool{1e9: true, 1e9 - 60: true, 1e9 - 1800: false, 1e9 + 1800: false} {
			r := answer(fmt.Sprintf(`{"access_token":%q,"refresh_token":"new"}`, jwtOf(fmt.Sprintf(`{"iat":%d,"exp":%d}`, issued, issued+3600))))
			r.Header.Set("Date", r.Sent.Add(off).UTC().Format(http.TimeFormat))
			if a, err := r.token(ErrSpent); alive && (err != nil || a.Life > time.Hour || a.Life < 59*time.Minute) || !alive && err == nil {
				t.Errorf("a Date of +%v, issued at %d: %v, %v", off, issued, a.Life, err)
			}
		}
	}
}
