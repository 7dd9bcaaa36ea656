//go:build linux

package main

import (
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// A minute of it, with callers that rest long enough for other tests to run beside it.
func TestAMinute(t *testing.T) {
	o := usual()
	o.length, o.rest = time.Minute, 1500*time.Millisecond
	o.kill, o.fault = 0.05, 0.1 // a minute is short
	if testing.Short() {
		o.length = 10 * time.Second
	}
	program, err := machine.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := begin(t, program, o)
	stop := make(chan struct{})
	go func() {
		defer close(stop)
		begun := time.Now()
		for d := time.Duration(0); d < o.length || !s.enough() && d < 5*time.Minute; d = time.Since(begun) {
			time.Sleep(100 * time.Millisecond)
		}
	}()
	s.run(stop)
	s.finish()
	t.Logf("seed %d: %s", o.seed, s.summary())
	if !s.enough() {
		t.Errorf("nearly nothing happened")
	}
}

// A login that is lost in a soak's last seconds, whose access token is still served, is logged in anew
// like any other: what the domain refused isn't presented again.
func TestALoginLostAtTheEnd(t *testing.T) {
	program, err := machine.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	o := usual()
	o.fault = 0
	s := begin(t, program, o)
	s.Domain.Script(idcstest.Fault{On: idcstest.Refresh, Nth: 1, At: idcstest.AfterRotation, Do: idcstest.Reset})
	for s.Domain.Posts(idcstest.Refresh) < 2 { // the login's, and the lost one
		if r := s.Do(early); r.Exit != 0 && r.Exit != 3 && r.Exit != 4 {
			t.Fatal(r)
		}
	}
	s.finish()
	if s.logins != 1 {
		t.Errorf("%d logins", s.logins)
	}
}
