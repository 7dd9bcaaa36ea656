//go:build linux

package fire

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

var rotations = []struct {
	name string
	idcstest.Options
	harsh bool // a lost answer costs the login
}{
	{"plain", idcstest.Options{Rotation: idcstest.Plain}, false},
	{"grace", idcstest.Options{Rotation: idcstest.Grace, Grace: time.Minute}, false},
	{"strict", idcstest.Options{Rotation: idcstest.Strict}, true},
	{"strict, family revoked", idcstest.Options{Rotation: idcstest.StrictRevoke}, true},
}

// A fate is what a kill at some place leaves to the next call.
type fate int

const (
	unspent fate = iota // the domain never processed the request: one more brings tokens
	lost                // it did, and nobody has the successor
	saved               // the successor is on the disk: no request is needed
)

var steps = []struct {
	name string
	kill func(*scene)
	fate fate
}{
	{"K1 before sending", atGate("", idcstest.Accepted), unspent},
	{"K1 handshaken", atGate("", idcstest.Handshaken), unspent},
	{"K2 sent, not processed", atGate(idcstest.Refresh, idcstest.RequestRead), unspent},
	{"K3 rotated, not answered", atGate(idcstest.Refresh, idcstest.AfterRotation), lost},
	{"K3 half answered", atGate(idcstest.Refresh, idcstest.MidBody), lost},
	{"K4 answered, not written", atCall("pwrite64", ".new"), lost},
	{"K5 written", atCall("ftruncate", ".new"), saved},
	{"K5 cut", atCall("fsync", ".new"), saved},
	{"K6 synced", atCall("renameat", ".new"), saved},
	{"K7 renamed", atCall("fsync", ""), saved},
	{"K8 folder synced", atCall("pwrite64", ".state"), saved},
	{"K9 intent cleared", atCall("flock", ".lock"), saved},
}

// A2.7: A process is killed at each step of the transaction, at each kind of domain. What the next call
// does is the crash table: it recovers unattended, without a request where the successor is on the
// disk; only where the answer is really gone does it say so, after the one try that can tell.
func TestKilledAtEachStep(t *testing.T) {
	need.Strace(t)
	for _, step := range steps {
		t.Run(step.name, func(t *testing.T) {
			for _, rotation := range rotations {
				for _, kind := range []machine.Kind{machine.Person, machine.Alone} {
					t.Run(rotation.name+", "+kind.String(), func(t *testing.T) {
						s := expired(t, kind, rotation.Options)
						step.kill(s)
						s.Litter()
						s.again()
						fate := step.fate
						if fate == lost && !rotation.harsh {
							fate = unspent // the old token works on
						}
						s.recovers(fate, kind)
						s.Litter()
					})
				}
			}
		})
	}
}

// The same with sealed tokens: the crash promises don't depend on how a file is written. Nothing that lies in
// the folder afterwards holds a token in the clear.
func TestKilledAtEachStepSealed(t *testing.T) {
	need.Strace(t)
	for _, step := range steps {
		for _, kind := range []machine.Kind{machine.Person, machine.Alone} {
			t.Run(step.name+", "+kind.String(), func(t *testing.T) {
				s := expired(t, kind, idcstest.Options{Rotation: idcstest.StrictRevoke})
				s.seal()
				step.kill(s)
				s.Litter()
				s.opaque()
				s.again()
				s.recovers(step.fate, kind)
				s.Litter()
				s.opaque()
			})
		}
	}
}

// seal seals what is stored, and will be. The key goes with the test.
func (s *scene) seal() {
	s.Helper()
	s.Profile.Top = "seal = \"kernel\"\n"
	s.Configure()
	r := s.Do(machine.Call{Name: machine.People, Args: []string{"seal"}})
	if strings.Contains(r.Stderr, "keyctl is not permitted") {
		s.Skip(r.Stderr)
	}
	if r.Exit != 0 {
		s.Fatalf("%s", r)
	}
	s.Cleanup(func() { s.Do(machine.Call{Name: machine.People, Args: []string{"logout"}}) })
}

// opaque asserts that no file of the cache folder holds a secret of the domain.
func (s *scene) opaque() {
	s.Helper()
	files, err := filepath.Glob(filepath.Join(s.Cache, "*"))
	if err != nil {
		s.Fatal(err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			s.Fatal(err)
		}
		for _, secret := range s.Domain.Secrets() {
			if bytes.Contains(b, []byte(secret)) {
				s.Errorf("%s holds a token in the clear", name)
			}
		}
	}
}

// recovers asserts what the call after a kill does.
func (s *scene) recovers(f fate, kind machine.Kind) {
	s.Helper()
	r := s.Do(machine.Git)
	switch {
	case f == saved:
		s.served(r)
		s.posts(0)
	case f == unspent:
		s.served(r)
		s.posts(1)
	case kind == machine.Alone:
		s.served(r)
		s.posts(1)
		s.grants(idcstest.Assertion, 1)
	default:
		s.failed(3, "was interrupted (pid ", r)
		if !interrupted.MatchString(r.Stderr) {
			s.Errorf("the message is %q", r.Stderr)
		}
		s.posts(1)
		s.failed(3, "was interrupted (pid ", s.Do(machine.Token)) // said again, not tried again
		s.posts(1)
		s.Login()
	}
	s.Chain()
}

var interrupted = regexp.MustCompile(`^credential-idcs: the refresh of work at \d\d:\d\d was interrupted \(pid \d+\) and the domain had already replaced its token\n\tcredential-idcs login work\n$`)

// An interruption isn't forgotten because the next try was turned away before the domain looked at the
// grant: when the loss shows at last, its reason is said.
func TestInterruptionOutlivesARateLimit(t *testing.T) {
	for name, f := range map[string]idcstest.Fault{
		"429":            retryAfter(429, "30"),
		"503":            retryAfter(503, "30"),
		"invalid_client": {Status: 401, Error: "invalid_client"},
	} {
		t.Run(name, func(t *testing.T) {
			s := expired(t, machine.Person, idcstest.Options{})
			atGate(idcstest.Refresh, idcstest.AfterRotation)(s)
			f.On, f.Nth = idcstest.Refresh, 1
			s.Domain.Script(f)
			if r := s.Do(machine.Git); r.Exit != 4 && r.Exit != 5 {
				t.Errorf("%s", r)
			}
			r := s.Do(machine.Refresh) // ignores the pause
			s.failed(3, "was interrupted (pid ", r)
			s.posts(3)
		})
	}
}

// atGate kills the process while its request stands at a point of the domain.
func atGate(on string, p idcstest.Point) func(*scene) {
	return func(s *scene) {
		s.Helper()
		g := s.Domain.Gate(on, p)
		call := s.Start(machine.Git)
		s.reach(g)
		s.killed(call.Kill())
		g.Drop()
	}
}

// atCall kills the process at the first call of that name on that file after the domain has decided.
// The call isn't made.
func atCall(call, suffix string) func(*scene) {
	return func(s *scene) {
		s.Helper()
		path := s.Cache
		if suffix != "" {
			path = s.File(suffix)
		}
		g := s.Domain.Gate(idcstest.Refresh, idcstest.AfterRotation)
		p := s.Start(machine.Git)
		s.reach(g)
		tracer := p.Attach(machine.Inject(path, call, "signal=KILL"))
		g.Open()
		r := p.Wait()
		tracer.Wait()
		s.Domain.Killed()
		s.killed(r)
	}
}

func (s *scene) killed(r machine.Result) {
	s.Helper()
	if r.Signal != syscall.SIGKILL || r.Stdout != "" {
		s.Fatalf("%s; want a kill and nothing printed", r)
	}
}
