//go:build linux

package fire

import (
	"fmt"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// R8, A1.3: The holder of the lock is stopped in the middle of its request. Who has a token that lives answers
// with it; the holder goes on later as if nothing had been.
func TestStoppedHolderDelaysNobody(t *testing.T) {
	s := alive(t, machine.Person, idcstest.Options{})
	holder, gate := s.hold()
	holder.Signal(syscall.SIGSTOP)
	token := s.Stored().Access
	log := make([]machine.Call, 20)
	for i, c := range machine.Mixed(len(log)) {
		log[i] = c.With("CREDENTIAL_IDCS_DEBUG=1")
	}
	results := s.Crowd(append(machine.Mixed(20), log...)...)
	if got := s.served(results...); got != token {
		t.Errorf("not the stored token")
	}
	for _, r := range results[:20] {
		if r.Stderr != "" {
			t.Errorf("%s", r)
		}
	}
	for _, r := range results[20:] {
		if !noWait.MatchString(r.Stderr) {
			t.Errorf("it waited for the lock, or never tried it: %s", r)
		}
	}
	gate.Open()
	holder.Signal(syscall.SIGCONT)
	if r := holder.Wait(); r.Exit != 0 {
		t.Errorf("%s", r)
	}
	s.posts(1)
	s.Chain()
}

// noWait is a line of the log of a call that tries the lock once.
var noWait = regexp.MustCompile(`msg=lock pid=\d+ zone=early waited=\S+ limit=0s held=false`)

// A1.3b: With an expired token there is nothing to answer with. Others give up and name the holder, and
// nobody sends the token that may be on the wire. The holder's answer waits in its socket.
func TestStoppedHolderOfAnExpiredToken(t *testing.T) {
	slow(t)
	s := expired(t, machine.Person, idcstest.Options{})
	holder, gate := s.hold()
	holder.Signal(syscall.SIGSTOP)
	gate.Open()
	s.failed(4, fmt.Sprintf("profile work: another process (pid %d) is refreshing it, waited 15 s", holder.Pid()), s.Crowd(machine.Mixed(8)...)...)
	s.posts(1)
	holder.Signal(syscall.SIGCONT)
	if r := holder.Wait(); r.Exit != 0 {
		t.Errorf("%s", r)
	}
	s.served(s.Do(machine.Git))
	s.posts(1)
	s.Chain()
}

// A4.5: Stopped for longer than any limit, while the answer waits in its socket: it is used.
func TestStoppedLongerThanItsTime(t *testing.T) {
	slow(t)
	type stopped struct {
		*scene
		*machine.Process
	}
	var all [8]stopped // a deadline by the wall clock and the answer race, so that one may be lucky
	for i := range all {
		s := expired(t, machine.Person, idcstest.Options{})
		gate := s.Domain.Gate(idcstest.Refresh, idcstest.AfterRotation)
		all[i] = stopped{s, s.Start(machine.Git)}
		s.reach(gate)
		all[i].Signal(syscall.SIGSTOP)
		gate.Open()
		s.await(func(c idcstest.Counts) bool { return c.InFlight == 0 })
	}
	time.Sleep(10 * time.Second) // the thing itself: the transaction's limit is 8 s
	for _, p := range all {
		p.Signal(syscall.SIGCONT)
		p.served(p.Wait())
		p.posts(1)
		p.Chain()
	}
}

// And where the connection broke meanwhile, that is found out like any lost answer.
func TestStoppedWhileTheConnectionBreaks(t *testing.T) {
	s := expired(t, machine.Person, idcstest.Options{})
	gate := s.Domain.Gate(idcstest.Refresh, idcstest.AfterRotation)
	p := s.Start(machine.Git)
	s.reach(gate)
	p.Signal(syscall.SIGSTOP)
	gate.Drop()
	s.await(func(c idcstest.Counts) bool { return c.InFlight == 0 })
	p.Signal(syscall.SIGCONT)
	s.failed(4, "profile work", p.Wait())
	s.failed(3, "was interrupted (pid ", s.Do(machine.Refresh)) // ignores the pause
	s.posts(2)
	s.Litter()
}
