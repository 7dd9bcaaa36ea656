package cache

import (
	"context"
	"testing"
	"time"
)

func TestViewStates(t *testing.T) {
	grant := func(context.Context, Attempt) (Token, *Refusal) { panic("View asks nobody") }
	for _, tt := range []struct {
		name    string
		plant   func(t *testing.T, dir *Dir)
		r       Renewal
		state   string
		refresh bool
	}{
		{"nothing", func(*testing.T, *Dir) {}, Renewal{}, "none", false},
		{"fresh", func(t *testing.T, d *Dir) { plant(t, d, "a", "r", time.Minute, time.Hour) }, Renewal{}, "fresh", true},
		{"early", func(t *testing.T, d *Dir) { plant(t, d, "a", "r", 48*time.Minute, time.Hour) }, Renewal{}, "stale", true},
		{"just before early", func(t *testing.T, d *Dir) { plant(t, d, "a", "r", 48*time.Minute-time.Second, time.Hour) }, Renewal{}, "fresh", true},
		{"hard", func(t *testing.T, d *Dir) { plant(t, d, "a", "r", 59*time.Minute, time.Hour) }, Renewal{}, "stale", true},
		{"expired", func(t *testing.T, d *Dir) { plant(t, d, "a", "r", time.Hour, time.Hour) }, Renewal{}, "expired", true},
		{"expired, no refresh token", func(t *testing.T, d *Dir) { plant(t, d, "a", "", time.Hour, time.Hour) }, Renewal{}, "login_needed", false},
		{"expired, a grant", func(t *testing.T, d *Dir) { plant(t, d, "a", "", time.Hour, time.Hour) }, Renewal{Grant: grant}, "expired", true},
		{"damaged", func(t *testing.T, d *Dir) { plantBytes(t, d.file(d.name(testKey), ".json"), []byte("x")) }, Renewal{}, "login_needed", false},
		{"damaged, a grant", func(t *testing.T, d *Dir) { plantBytes(t, d.file(d.name(testKey), ".json"), []byte("x")) }, Renewal{Grant: grant}, "expired", true},
		{"another machine's, alive", func(t *testing.T, d *Dir) {
			d.sys.Machine = func() string { return "other" }
			plant(t, d, "a", "r", time.Minute, time.Hour)
			d.sys.Machine = func() string { return "this" }
		}, Renewal{}, "fresh", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, _ := clocked(t)
			tt.plant(t, dir)
			v := dir.View(testKey, tt.r)
			if v.State != tt.state || v.Refresh != tt.refresh {
				t.Errorf("got %+v, want %s, %v", v, tt.state, tt.refresh)
			}
			if tt.name[:3] == "dam" && v.Problem == nil {
				t.Error("no problem is named")
			}
		})
	}
}

// What a stored token says can be shown without the signature that makes it one, whatever its age.
func TestUnsigned(t *testing.T) {
	d := folder(t)
	if got := d.Unsigned(testKey, false); got != "" {
		t.Errorf("nothing is stored: %q", got)
	}
	for access, want := range map[string]string{"head.payload.signature": "head.payload.", "opaque": "", "a.b": "", "a.b.c.d": ""} {
		tok := plant(t, d, access, "refresh", 2*time.Hour, time.Hour)
		if got := d.again(t).Unsigned(testKey, false); got != want {
			t.Errorf("%s: got %q, want %q", access, got, want)
		}
		tok.ID = text("id." + access)
		plantToken(t, d, tok)
		if got := d.again(t).Unsigned(testKey, true); (got == "id.a.") != (access == "a.b") {
			t.Errorf("ID token of %s: got %q", access, got)
		}
	}
	plantBytes(t, d.file(d.name(testKey), ".json"), []byte("damaged"))
	if got := d.again(t).Unsigned(testKey, false); got != "" {
		t.Errorf("a damaged file: %q", got)
	}
}
