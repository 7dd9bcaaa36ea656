package keyring

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
)

// Killed anywhere, seal leaves the file as it was or as it should be, sends nothing, and finishes the next time.
func TestSealIsKilledAtAnyMoment(t *testing.T) {
	r := kernelRoom(t, machine.Person)
	r.logIn()
	requests := r.Domain.Counts().Requests
	seal := machine.Call{Name: machine.People, Args: []string{"seal"}}
	form := func() string {
		t.Helper()
		_, rest, _ := strings.Cut(r.Do(machine.Status).Stdout, `"seal": "`)
		f, _, _ := strings.Cut(rest, `"`)
		return f
	}
	configure := func(to string) {
		r.Profile.Top = fmt.Sprintf("seal = %q\n", to)
		r.Configure()
	}
	configure("none")
	takes := r.Do(seal).Took
	left := map[bool]int{}
	for i := range repeat(t, 40) {
		from, to := "none", "kernel"
		if i%2 == 1 {
			from, to = to, from
		}
		configure(to)
		p := r.Start(seal)
		time.Sleep(time.Duration(rand.Int64N(int64(takes))))
		p.Kill()
		f := form()
		if f != from && f != to {
			t.Fatalf("after kill %d of seal from %s to %s the file is %q", i, from, to, f)
		}
		left[f == to]++
		r.served(r.Do(machine.Git))
		r.wants(r.Do(seal), 0, "")
		if f := form(); f != to {
			t.Errorf("seal again: %q", f)
		}
		r.served(r.Do(machine.Git))
		if to == "kernel" {
			r.opaque()
		} else if id := r.keyID(); id != "" {
			t.Errorf("seal.json still names %s", id)
		}
	}
	t.Logf("the old form %d times, the new one %d times", left[false], left[true])
	if n := r.Domain.Counts().Requests - requests; n != 0 {
		t.Errorf("%d requests", n)
	}
	for _, name := range r.Left() {
		switch name {
		case ".json", ".lock", ".state", "CACHEDIR.TAG", "seal.lock", "seal.json":
		default:
			t.Errorf("left: %s", name)
		}
	}
}
