//go:build linux

package fire

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

var program machine.Program

func TestMain(m *testing.M) {
	machine.SideBySide()
	os.Exit(machine.Main(m, &program))
}

// A scene is a domain and a machine whose person has logged in, an hour long.
type scene struct {
	*testing.T
	*machine.Machine
	before idcstest.Counts // when the scene was set
}

func set(t *testing.T, kind machine.Kind, o idcstest.Options) *scene {
	t.Helper()
	s := &scene{T: t, Machine: machine.New(t, program, idcstest.Start(t, o), kind)}
	s.Login()
	s.before = s.Domain.Counts()
	return s
}

// expired is a scene whose access token is dead.
func expired(t *testing.T, kind machine.Kind, o idcstest.Options) *scene {
	t.Helper()
	s := set(t, kind, o)
	s.Expire()
	return s
}

// alive is a scene whose access token has 10 of 60 minutes left: due for a refresh, and usable.
func alive(t *testing.T, kind machine.Kind, o idcstest.Options) *scene {
	t.Helper()
	s := set(t, kind, o)
	s.Leave(10 * time.Minute)
	return s
}

// posts asserts how many refresh requests the domain got since the scene was set.
func (s *scene) posts(want int) {
	s.Helper()
	s.grants(idcstest.Refresh, want)
}

// shortest is the shortest pause after a failure for which the domain asks for none.
const shortest = 2500 * time.Millisecond

// paused is posts where a pause keeps all but the first ones away. A machine with so much to do that the pause of
// the first failure, which came after since, is over meanwhile may try again.
func (s *scene) paused(want int, since time.Time) {
	s.Helper()
	most := want * (1 + int(time.Since(since)/shortest))
	if got := s.Domain.Posts(idcstest.Refresh) - s.before.Posts[idcstest.Refresh]; got < want || got > most {
		s.Errorf("the domain got %d refresh requests, want %d, and no more than %d by now", got, want, most)
	}
}

// early runs a call that refreshes a token which lives, again where the connection wasn't there within the 1 s that it
// gets then, as on a machine with much to do.
func (s *scene) early(c machine.Call) (r machine.Result) {
	s.Helper()
	before := s.Domain.Posts(idcstest.Refresh)
	for n := 0; n < 5 && s.Domain.Posts(idcstest.Refresh) == before; n++ {
		if n > 0 {
			if err := os.Remove(s.File(".state")); err != nil { // with the pause
				s.Fatal(err)
			}
		}
		r = s.Do(c)
	}
	return r
}

func (s *scene) grants(grant string, want int) {
	s.Helper()
	if got := s.Domain.Posts(grant) - s.before.Posts[grant]; got != want {
		s.Errorf("the domain got %d requests of %s, want %d", got, grant, want)
	}
}

// again starts counting anew.
func (s *scene) again() { s.before = s.Domain.Counts() }

// served asserts that all calls printed a token, the same one.
func (s *scene) served(results ...machine.Result) string {
	s.Helper()
	first := results[0].Secret()
	for _, r := range results {
		if r.Exit != 0 || r.Secret() == "" || r.Secret() != first {
			s.Errorf("%s; want exit 0 and token %s", r, idcstest.Digest(first))
		}
	}
	return first
}

// failed asserts that all calls printed no token and ended with the status that docker has its own of,
// and with one message that contains text.
func (s *scene) failed(class int, text string, results ...machine.Result) {
	s.Helper()
	first := results[0].Stderr
	for _, r := range results {
		if r.Exit != r.Status(class) || r.Secret() != "" && r.Exit == 0 || !strings.Contains(r.Stderr, text) || r.Stderr != first {
			s.Errorf("%s; want exit %d and %q with %q in it", r, r.Status(class), first, text)
		}
		if strings.Contains(r.Stdout, "eyJ") {
			s.Errorf("a call that failed printed a token: %s", r.Call)
		}
	}
}

// within bounds waiting for what must happen.
func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// reach waits until a request stands at the gate.
func (s *scene) reach(g *idcstest.Gate) {
	s.Helper()
	if err := g.Wait(within(s.T, 30*time.Second)); err != nil {
		s.Fatal(err)
	}
}

// await waits for the domain's counters.
func (s *scene) await(done func(idcstest.Counts) bool) {
	s.Helper()
	if err := s.Domain.Await(within(s.T, 30*time.Second), done); err != nil {
		s.Fatal(err)
	}
}

// repeat is how often something is repeated: few times, fewer with -short, more by
// CREDENTIAL_IDCS_REPEAT.
func repeat(t *testing.T, n int) int {
	t.Helper()
	if testing.Short() {
		return 1
	}
	if v := os.Getenv("CREDENTIAL_IDCS_REPEAT"); v != "" {
		factor, err := strconv.Atoi(v)
		if err != nil || factor < 1 {
			t.Fatalf("CREDENTIAL_IDCS_REPEAT=%s is no number from 1", v)
		}
		return n * factor
	}
	return n
}

// slow runs a test beside the others, and not with -short: it waits for limits of many seconds.
func slow(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("waits for limits of many seconds")
	}
	t.Parallel()
}

// userNamespace skips where this user may not make namespaces of its own, and fails on a machine that
// claims to have everything.
func userNamespace(t *testing.T) {
	t.Helper()
	if out, err := exec.Command("unshare", "-rm", "mount", "-t", "tmpfs", "x", "/mnt").CombinedOutput(); err != nil {
		message := fmt.Sprintf("unshare -rm with a tmpfs doesn't work here: %v %s", err, out)
		if os.Getenv("CI") == "true" {
			t.Fatal("CI=true and " + message)
		}
		t.Skip(message)
	}
}
