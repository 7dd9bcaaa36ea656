//go:build linux

package main

import (
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
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
	time.AfterFunc(o.length, func() { close(stop) })
	s.run(stop)
	s.finish()
	t.Logf("seed %d: %s", o.seed, s.summary())
	if s.calls < 100 || s.Domain.Posts("refresh_token") < 3 {
		t.Errorf("nearly nothing happened")
	}
}
