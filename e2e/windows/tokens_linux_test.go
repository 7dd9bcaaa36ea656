package windows

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// 32 processes of git, docker, kubectl and people with one expired token: one refresh, 32 answers.
func TestACrowdRefreshesOnce(t *testing.T) {
	m := newMachine(t, machine.Person)
	m.Login()
	m.Expire()
	before := m.Domain.Posts(idcstest.Refresh)
	tokens := map[string]int{}
	for _, r := range m.Crowd(machine.Mixed(32)...) {
		if r.Exit != 0 {
			t.Errorf("%s", r)
		}
		tokens[r.Secret()]++
	}
	if n := m.Domain.Posts(idcstest.Refresh) - before; n != 1 || len(tokens) != 1 || tokens[""] != 0 {
		t.Errorf("%d refreshes, %d different tokens", n, len(tokens))
	}
	m.Chain()
	m.Litter()
}

// A virus scanner holds the token file open while it is replaced: everybody is served all the time.
func TestAHeldTokenFileServesEverybody(t *testing.T) {
	t.Parallel()
	m := newMachine(t, machine.Person)
	m.Login()
	m.Expire()
	before := m.Domain.Posts(idcstest.Refresh)
	stdin, wait := beside(t, "open", "writing", program.File(m.File(".json")))
	first := m.Do(machine.Git)
	if first.Exit != 0 || first.Secret() == "" {
		t.Errorf("%s", first)
	}
	for _, r := range m.Crowd(machine.Mixed(8)...) {
		if r.Exit != 0 || r.Secret() != first.Secret() {
			t.Errorf("while the file is held: %s", r)
		}
	}
	_ = stdin.Close()
	if err := wait(); err != nil {
		t.Error(err)
	}
	if r := m.Do(machine.Docker); r.Exit != 0 || r.Secret() != first.Secret() {
		t.Errorf("then: %s", r)
	}
	if n := m.Domain.Posts(idcstest.Refresh) - before; n != 1 {
		t.Errorf("%d refreshes", n)
	}
	m.Chain()
	m.Litter()
}

// Another program locks all of the lock file: a living token is printed, and without one nobody hangs or
// sends anything.
func TestALockOfAnother(t *testing.T) {
	t.Parallel()
	m := newMachine(t, machine.Person)
	m.Login()
	before := m.Domain.Posts(idcstest.Refresh)
	stdin, wait := beside(t, "lock", program.File(m.File(".lock")))
	if r := m.Do(machine.Git); r.Exit != 0 || r.Secret() == "" {
		t.Errorf("a fresh token: %s", r)
	}
	m.Leave(30 * time.Second)
	if r := m.Do(machine.Git); r.Exit != 0 || r.Secret() == "" {
		t.Errorf("a living token: %s", r)
	}
	m.Expire()
	if r := m.Do(machine.Token); r.Exit != 4 || r.Secret() != "" {
		t.Errorf("an expired token: %s, want exit 4", r)
	}
	if n := m.Domain.Posts(idcstest.Refresh) - before; n != 0 {
		t.Errorf("%d refreshes without the lock", n)
	}
	_ = stdin.Close()
	if err := wait(); err != nil {
		t.Error(err)
	}
	m.Chain()
}

// A process is killed at each moment of a refresh that the domain can tell: the next one goes on where
// that can be done, and else names the cause. No token is presented twice without need.
func TestKillsInTheMiddleOfARefresh(t *testing.T) {
	for _, at := range []struct {
		on    string
		point idcstest.Point
		lost  bool // the domain has replaced the token, and nobody has the successor
	}{
		{"", idcstest.Accepted, false}, {"", idcstest.Handshaken, false},
		{idcstest.Refresh, idcstest.RequestRead, false}, {idcstest.Refresh, idcstest.AfterRotation, true},
	} {
		t.Run(string(at.point), func(t *testing.T) {
			m := newMachine(t, machine.Person)
			m.Login()
			m.Expire()
			gate := m.Domain.Gate(at.on, at.point)
			p := m.Start(machine.Git)
			if err := gate.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := syscall.Kill(p.Pid(), syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			p.Wait()
			m.Domain.Killed()
			if at.lost {
				gate.Open()
			} else {
				gate.Drop() // the request was never processed
			}
			r := m.Do(machine.Token)
			if at.lost {
				if r.Exit != 3 || !strings.Contains(r.Stderr, "was interrupted") {
					t.Errorf("%s, want exit 3 and why", r)
				}
				m.Login()
			} else if r.Exit != 0 {
				t.Errorf("%s", r)
			}
			m.Chain()
			m.Litter()
		})
	}
}
