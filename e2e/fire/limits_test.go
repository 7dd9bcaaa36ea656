//go:build linux

package fire

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// A5.5: Little of everything: a call ends with a message or with a token, and nothing is sent that could
// not be stored.
func TestLittleOfEverything(t *testing.T) {
	need.Tool(t, "prlimit")
	for _, limit := range []string{
		"--nofile=3", "--nofile=4", "--nofile=5", "--nofile=6", "--nofile=7", "--nofile=8", "--nofile=9", "--nofile=10", "--nofile=12", "--nofile=16",
		"--nproc=1", "--nproc=4", "--as=1000000", "--as=100000000", "--as=500000000", "--as=1200000000", "--stack=65536", "--fsize=0", "--fsize=300000",
	} {
		t.Run(limit, func(t *testing.T) {
			s := expired(t, machine.Person, idcstest.Options{})
			r := s.Do(machine.Git.Under("prlimit", limit, "--"))
			if r.Took > 10*time.Second { // what gives up at once needs no more, and what waits takes 15
				t.Errorf("took too long: %s", r)
			}
			switch {
			case r.Exit == 0 && r.Secret() != "":
				s.posts(1)
			case r.Exit == 0:
				t.Errorf("%s", r)
			default:
				if r.Stderr == "" && r.Signal == 0 {
					t.Errorf("no message: %s", r)
				}
				if strings.HasPrefix(limit, "--nofile") && (r.Exit != 1 || strings.Contains(r.Stderr, "goroutine")) {
					t.Errorf("no message of ours: %s", r)
				}
				if r.Signal == 0 && r.Exit != 2 { // 2 is the Go runtime's own end, at its start
					s.posts(0)
				}
				s.Domain.Killed() // the runtime's end may come anywhere
			}
			s.Chain()
			s.Litter()
		})
	}
}

// give makes the scene's files somebody's who is not root and has no other processes, and returns what runs
// a call as that one.
func (s *scene) give() (under []string) {
	s.Helper()
	const user = "54322"
	if err := os.Chmod(string(program), 0o755); err != nil {
		s.Fatal(err)
	}
	for p := s.Home; p != os.TempDir() && p != "/"; p = filepath.Dir(p) {
		if err := os.Chmod(p, 0o755); err != nil {
			s.Fatal(err)
		}
	}
	if out, err := exec.Command("chown", "-R", user+":"+user, s.Home).CombinedOutput(); err != nil {
		s.Fatalf("%v: %s", err, out)
	}
	return []string{need.Tool(s.T, "setpriv"), "--reuid=" + user, "--regid=" + user, "--clear-groups"}
}

// takeBack undoes give.
func (s *scene) takeBack() {
	s.Helper()
	if out, err := exec.Command("chown", "-R", "0:0", s.Home).CombinedOutput(); err != nil {
		s.Fatalf("%v: %s", err, out)
	}
	if err := os.Chmod(s.Home, 0o700); err != nil {
		s.Fatal(err)
	}
}

// Somebody whom the limit of tasks binds, at every limit from too few to enough: nothing is sent that
// could not be stored, and there is a message.
func TestFewThreads(t *testing.T) {
	need.Tool(t, "prlimit")
	if os.Geteuid() != 0 {
		t.Skip("only root can be somebody else, who has no other processes")
	}
	sent := 0
	for limit := 6; limit <= 24; limit += 2 {
		s := expired(t, machine.Person, idcstest.Options{Rotation: idcstest.StrictRevoke})
		asUser := s.give()
		r := s.Do(machine.Git.Under(append(asUser, "prlimit", fmt.Sprintf("--nproc=%d", limit), "--")...))
		switch {
		case r.Exit == 0 && r.Secret() != "":
			sent++
			s.posts(1)
		case r.Exit == 1 && strings.Contains(r.Stderr, "threads"):
			s.posts(0)
		case r.Exit == 2 && limit < 10: // the Go runtime's own end, at its start
			s.posts(0)
		default:
			t.Errorf("limit %d: %s", limit, r)
		}
		s.takeBack()
		s.Chain()
	}
	if sent == 0 {
		t.Error("no limit was enough")
	}
}

// Little memory, and the largest answer there is: at every limit there is a token, or a message and nothing sent.
func TestLittleMemoryForALargeAnswer(t *testing.T) {
	need.Tool(t, "prlimit")
	sent := 0
	for _, kind := range []string{"--data", "--as"} {
		for mb := 40; mb <= 200; mb += 20 {
			limit := mb
			if kind == "--as" {
				limit += 1100 // what the runtime reserves
			}
			s := expired(t, machine.Person, idcstest.Options{Rotation: idcstest.StrictRevoke, TokenSize: 128_000, IDTokenSize: 128_000})
			r := s.Do(machine.Token.Under("prlimit", fmt.Sprintf("%s=%d", kind, limit<<20), "--"))
			switch {
			case r.Exit == 0 && r.Secret() != "":
				sent++
				s.posts(1)
			case r.Exit == 1 && strings.Contains(r.Stderr, "memory"), r.Exit == 2: // 2 is the runtime's own end
				s.posts(0)
			default:
				t.Errorf("%s %d MiB: %s", kind, limit, r)
			}
			s.Chain()
		}
	}
	if sent == 0 {
		t.Error("no limit was enough")
	}
}

// The limit of tasks as containers and systemd set it, which binds root, too: pids.max of a control group.
func TestFewTasks(t *testing.T) {
	group := controlGroup(t, "pids")
	sent := 0
	for limit := 4; limit <= 24; limit++ {
		if err := os.WriteFile(filepath.Join(group, "pids.max"), fmt.Appendf(nil, "%d", limit), 0); err != nil {
			t.Fatal(err)
		}
		s := expired(t, machine.Person, idcstest.Options{Rotation: idcstest.StrictRevoke, TokenSize: 128_000, IDTokenSize: 128_000})
		r := s.Do(machine.Token.Under("/bin/sh", "-c", `echo $$ > "$0/cgroup.procs" && exec "$@"`, group))
		switch {
		case r.Exit == 0 && r.Secret() != "":
			sent++
			s.posts(1)
		case r.Exit == 1 && strings.Contains(r.Stderr, "threads"):
			s.posts(0)
		case r.Exit == 2 && limit < 10: // the Go runtime's own end, before anything is sent
			s.posts(0)
		default:
			t.Errorf("limit %d: %s", limit, r)
		}
		s.Chain()
	}
	if sent == 0 {
		t.Error("no limit was enough")
	}
}

// Little memory in a control group, where the kernel kills who takes more: nothing is sent that might not be
// stored.
func TestLittleMemoryInAGroup(t *testing.T) {
	group := controlGroup(t, "memory")
	sent := 0
	for mb := 4; mb <= 24; mb++ {
		if err := os.WriteFile(filepath.Join(group, "memory.limit_in_bytes"), fmt.Appendf(nil, "%d", mb<<20), 0); err != nil {
			t.Fatal(err)
		}
		s := expired(t, machine.Person, idcstest.Options{Rotation: idcstest.StrictRevoke, TokenSize: 500_000, IDTokenSize: 500_000})
		r := s.Do(machine.Token.Under("/bin/sh", "-c", `echo $$ > "$0/cgroup.procs" && exec "$@"`, group))
		switch {
		case r.Exit == 0 && r.Secret() != "":
			sent++
			s.posts(1)
		case r.Exit == 1 && strings.Contains(r.Stderr, "memory.max"), r.Signal == 9 && mb < 8: // killed at its start
			s.posts(0)
		default:
			t.Errorf("%d MiB: %s", mb, r)
		}
		s.Chain()
	}
	if sent == 0 {
		t.Error("no limit was enough")
	}
}

// controlGroup makes a control group (cgroups(7), version 1) for the test.
func controlGroup(t *testing.T, controller string) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can make a control group")
	}
	group := filepath.Join("/sys/fs/cgroup", controller, fmt.Sprintf("fire%d", os.Getpid()))
	if err := os.Mkdir(group, 0o755); err != nil {
		t.Skipf("no %s controller here: %v", controller, err)
	}
	t.Cleanup(func() { _ = os.Remove(group) })
	return group
}
