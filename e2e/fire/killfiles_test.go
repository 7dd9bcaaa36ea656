//go:build linux

package fire

import (
	"bufio"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// A2.3: A process is killed at the first of each kind of system call on each file of the transaction, as a
// trace of a whole one shows them. The next call goes on.
func TestKilledAtEachFileCall(t *testing.T) {
	need.Strace(t)
	s := expired(t, machine.Person, idcstest.Options{})
	places := s.fileCalls()
	for _, must := range []place{{"fsync", ".new"}, {"renameat", ".new"}, {"fsync", ""}, {"pwrite64", ".state"}, {"flock", ".lock"}, {"openat", ".json"}} {
		if !slices.Contains(places, must) {
			t.Errorf("the trace has no %s on %q; it has %v", must.call, must.suffix, places)
		}
	}
	for _, at := range places {
		t.Run(at.call+at.suffix, func(t *testing.T) {
			s := expired(t, machine.Alone, idcstest.Options{})
			path := s.Cache
			if at.suffix != "" {
				path = s.File(at.suffix)
			}
			r := s.Do(machine.Git.Under(machine.Inject(path, at.call, "signal=KILL")...))
			s.Domain.Killed()
			s.killed(r)
			s.Litter()
			s.served(s.Do(machine.Token))
			s.Chain()
			s.Litter()
		})
	}
}

// A place is a system call on a file of the folder; an empty suffix is the folder itself.
type place struct{ call, suffix string }

// fileCalls traces a refresh and lists the calls that it makes on the folder's files.
func (s *scene) fileCalls() []place {
	s.Helper()
	trace := filepath.Join(s.TempDir(), "trace")
	s.served(s.Do(machine.Git.Under(machine.Trace(trace, "%file,%desc,flock")...)))
	f, err := os.Open(trace)
	if err != nil {
		s.Fatal(err)
	}
	defer f.Close()
	key := s.File("")
	var places []place
	for lines := bufio.NewScanner(f); lines.Scan(); {
		_, rest, _ := strings.Cut(lines.Text(), " ") // the thread
		call, args, ok := strings.Cut(strings.TrimLeft(rest, " "), "(")
		if !ok || strings.HasPrefix(call, "<") {
			continue
		}
		p := place{call: call}
		switch i := strings.Index(args, key); {
		case i >= 0:
			end := i + len(key)
			for end < len(args) && (args[end] == '.' || 'a' <= args[end] && args[end] <= 'z') {
				end++
			}
			p.suffix = args[i+len(key) : end]
		case !strings.Contains(args, s.Cache+`"`) && !strings.Contains(args, s.Cache+">"):
			continue
		}
		if call != "close" && !slices.Contains(places, p) { // close never fails and changes nothing
			places = append(places, p)
		}
	}
	return places
}

// SIGKILL at moments that nobody chose, all over the time that a call takes. What it costs, if
// anything, is told by what was lost; that the next call works is asserted each time.
func TestKilledAtRandom(t *testing.T) {
	s := set(t, machine.Alone, idcstest.Options{Rotation: idcstest.StrictRevoke})
	var takes time.Duration
	armed := 0
	for i := range repeat(t, 100) {
		if i%20 == 0 { // a machine that has more or less to do
			s.Expire()
			r := s.Do(machine.Git)
			s.served(r)
			takes = r.Took
		}
		s.Expire()
		p := s.Start(machine.Git)
		time.Sleep(time.Duration(rand.Int64N(int64(takes))))
		p.Kill()
		if s.Sending() == p.Pid() {
			armed++
		}
		if r := s.Do(machine.Token); r.Exit != 0 { // it takes the lock at once: no kill holds it
			s.Fatalf("after kill %d: %s", i, r)
		}
		s.Litter()
	}
	t.Logf("%d of them between sending and saving", armed)
	s.Chain()
}
