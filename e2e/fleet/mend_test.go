//go:build linux

package fleet

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/cluster"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// A right, a namespace or a Secret is missing: that is told once, with the command that mends it, and what has its
// rights goes on. The command mends it.
func testMissing(t *testing.T, api *cluster.Server) {
	s := newStage(t, api, "missing", idcstest.Options{AccessTTL: life, Rotation: idcstest.StrictRevoke}, "refresh_token",
		publishing("missing-team-a", "good", "token", "")+publishing("missing-team-b", "pull", "token", "")+publishing("missing-team-c", "pull", "token", ""))
	s.install("team-a", "team-b", "team-c")
	own, account := s.space(namespace), "credential-idcs-controller"
	r := s.replica("one", "", quick...)
	s.login()
	s.grown(2)
	goesOn := func() {
		t.Helper()
		before := s.state().Generation
		s.until("the others go on", func() bool {
			st := s.state()
			return st.Generation > before+1 && string(s.secret("team-a", "good").Data["token"]) == st.Access
		})
	}
	told := func(r *replica, message, command string) {
		t.Helper()
		r.await(message)
		goesOn() // two lives, in which it is tried again
		if lines := r.lines(message); len(lines) != 1 || !strings.Contains(lines[0], "; run: "+command) {
			t.Errorf("told %d times, want once with %s:\n%s", len(lines), command, strings.Join(lines, "\n"))
		}
	}
	apply := "credential-idcs-controller manifests --config FILE --namespace " + own + " --image IMAGE | kubectl apply --server-side --force-conflicts -f -"
	create := "credential-idcs-controller manifests --secrets --config FILE --namespace " + own + " | kubectl create -f -"

	s.kubectl("", "-n", s.space("team-b"), "delete", "rolebinding", account+"-publish")
	told(r, "Secret missing-team-b/pull, or no namespace missing-team-b", apply)
	s.apply()
	s.until("it works again", func() bool { return len(r.lines(`"works again","secret":"missing-team-b/pull"`)) == 1 })

	s.kubectl("", "-n", s.space("team-c"), "delete", "secret", "pull")
	told(r, "there is no Secret missing-team-c/pull", create)
	s.createMissing()
	s.until("it works again", func() bool { return len(r.lines(`"works again","secret":"missing-team-c/pull"`)) == 1 })

	// With another type it can't be written, and only who may delete it can help.
	s.kubectl("", "-n", s.space("team-c"), "delete", "secret", "pull")
	s.kubectl("", "-n", s.space("team-c"), "create", "secret", "generic", "pull", "--type=other/kind")
	told(r, "it is of another type", "kubectl -n missing-team-c delete secret pull; "+create)
	s.kubectl("", "-n", s.space("team-c"), "delete", "secret", "pull")
	s.createMissing()

	// The state and the Lease.
	s.kubectl("", "-n", own, "delete", "rolebinding", account)
	if status := r.ends(); status != 1 {
		t.Errorf("without its Lease it ends with %d", status)
	}
	next := s.replica("two", "", quick...)
	next.await("Lease " + own + "/credential-idcs-controller")
	s.apply()
	next.await(`"works again","lease":`)
	told(next, "Lease "+own+"/credential-idcs-controller", apply)
	if out, status := s.person("", "status"); status != 0 || strings.Count(out, " fresh ")+strings.Count(out, " stale ") != 4 {
		t.Errorf("status: %d\n%s", status, out)
	}
	for line := range strings.Lines(next.text()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("a line that is no JSON: %s", line)
		}
	}
}

// lines are those of the log that tell a failure, or anything else, in these words.
func (r *replica) lines(what string) (list []string) {
	for line := range strings.Lines(r.text()) {
		if strings.Contains(line, what) {
			list = append(list, line)
		}
	}
	return list
}
