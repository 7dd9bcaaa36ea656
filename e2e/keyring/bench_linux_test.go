package keyring

import (
	"slices"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/keyring"
	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
)

// H4: What git waits for while the key can't be had, beside what it waits for a token:
//
//	go test ./e2e/keyring -run - -bench . -benchtime 100x
func BenchmarkWithoutTheKey(b *testing.B) {
	needKeyctl(b)
	r := newRoom(b, machine.Person)
	gnome := r.bus.Gnome(true)
	if got := r.Do(r.LoginCall()); got.Exit != 0 {
		b.Fatal(got)
	}
	hangs := "DBUS_SESSION_BUS_ADDRESS=" + keyring.Mute(b)
	measure := func(name string, exit int, before func(), alter func(machine.Call) machine.Call) {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for range b.N {
				before()
				got := r.Do(alter(machine.Git))
				if got.Exit != exit {
					b.Fatal(got)
				}
				took = append(took, got.Took)
			}
			slices.Sort(took)
			ms := func(d time.Duration) float64 { return d.Seconds() * 1000 }
			b.ReportMetric(ms(took[len(took)/2]), "ms-median")
			b.ReportMetric(ms(took[len(took)-1]), "ms-longest")
			b.ReportMetric(0, "ns/op")
		})
	}
	as := func(c machine.Call) machine.Call { return c }
	without := func(c machine.Call) machine.Call { return withoutKeyctl(b, c) }
	measure("hit", 0, func() {}, as)
	measure("hit-without-keyctl", 0, func() {}, without)
	measure("first-after-a-boot", 0, r.forgetCopy, as)
	r.forgetCopy()
	gnome.Lock()
	measure("locked", 4, func() {}, as)
	measure("locked-without-keyctl", 4, func() {}, without)
	gnome.End()
	measure("absent", 4, func() {}, as)
	measure("no-bus", 4, func() {}, func(c machine.Call) machine.Call { return c.With("DBUS_SESSION_BUS_ADDRESS=") })
	measure("hangs", 4, func() {}, func(c machine.Call) machine.Call { return c.With(hangs) })
}
