package windows

import (
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// A virus scanner has each new file open for 50 to 300 ms, whatever it shares of it: processes get one token for
// one refresh, also if one of them is killed, and nothing is left.
func TestAScannerOfEachNewFile(t *testing.T) {
	for _, share := range []string{"nothing", "reading", "writing", "deletion"} {
		t.Run(share, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, machine.Person)
			m.Login()
			m.Expire()
			before := m.Domain.Posts(idcstest.Refresh)
			stdin, wait := beside(t, "scan", share, program.File(filepath.Dir(m.File(".json"))))
			gate := m.Domain.Gate("", idcstest.Accepted)
			first := m.Start(machine.Git)
			if err := gate.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			calls := m.Barrier(machine.Mixed(8)...)
			calls.Open()
			if err := syscall.Kill(first.Pid(), syscall.SIGKILL); err != nil { // it has the lock and a KEY.new
				t.Fatal(err)
			}
			first.Wait()
			gate.Drop()
			tokens := map[string]int{}
			for _, r := range calls.Wait() {
				if r.Exit != 0 || strings.Contains(r.Stderr, "could not be saved") {
					t.Errorf("%s", r)
				}
				tokens[r.Secret()]++
			}
			if n := m.Domain.Posts(idcstest.Refresh) - before; n != 1 || len(tokens) != 1 || tokens[""] != 0 {
				t.Errorf("%d refreshes, %d different tokens", n, len(tokens))
			}
			if r := m.Do(machine.Refresh); r.Exit != 0 || r.Stderr != "" && strings.Contains(r.Stderr, "could not be saved") {
				t.Errorf("%s", r)
			}
			logout := machine.Call{Name: machine.People, Args: []string{"logout", "work"}}
			if r := m.Do(logout); r.Exit != 0 {
				t.Errorf("%s", r)
			}
			m.Login() // also where a deleted file is there until the scanner closes it
			_ = stdin.Close()
			if err := wait(); err != nil {
				t.Error(err)
			}
			m.Chain()
			m.Litter()
			if r := m.Do(logout); r.Exit != 0 {
				t.Errorf("%s", r)
			}
			if left := slices.Sorted(slices.Values(m.Left())); !slices.Equal(left, []string{".lock", "CACHEDIR.TAG"}) {
				t.Errorf("left: %q", left)
			}
		})
	}
}

// A program that has a file for itself and doesn't give it back: the message says so, and how to find it. It is a
// matter of time, so the status is 4 and nothing is sent that could be lost.
func TestAFileThatIsHeldForGood(t *testing.T) {
	t.Parallel()
	for _, suffix := range []string{".json", ".state"} {
		m := newMachine(t, machine.Person)
		m.Login()
		m.Expire()
		if r := m.Do(machine.Token); r.Exit != 0 { // there is a state now
			t.Fatalf("%s", r)
		}
		before := m.Domain.Posts(idcstest.Refresh)
		stdin, wait := beside(t, "open", "nothing", program.File(m.File(suffix)))
		if r := m.Do(machine.Git); suffix == ".state" && (r.Exit != 0 || r.Secret() == "") {
			t.Errorf("a fresh token: %s", r)
		}
		m.Leave(30 * time.Second)
		if r := m.Do(machine.Git); suffix == ".state" && (r.Exit != 0 || r.Secret() == "") {
			t.Errorf("a living token: %s", r)
		}
		m.Expire()
		r := m.Do(machine.Token)
		if r.Exit != 4 || r.Secret() != "" || !strings.Contains(r.Stderr, filepath.Base(m.File(suffix))) || !strings.Contains(r.Stderr, ": another program has it open\n\tresmon\n") {
			t.Errorf("an expired token: %s, want exit 4", r)
		}
		if n := m.Domain.Posts(idcstest.Refresh) - before; n != 0 {
			t.Errorf("%d refreshes", n)
		}
		_ = stdin.Close()
		if err := wait(); err != nil {
			t.Error(err)
		}
		if r := m.Do(machine.Token); r.Exit != 0 {
			t.Errorf("then: %s", r)
		}
		m.Chain()
		m.Litter()
	}
}
