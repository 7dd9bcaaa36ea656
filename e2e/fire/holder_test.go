//go:build linux

package fire

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// hold starts a forced refresh and returns when the domain has its request: the lock is held and the
// refresh token is on the wire. Opening the gate lets the domain answer.
func (s *scene) hold() (*machine.Process, *idcstest.Gate) {
	s.Helper()
	g := s.Domain.Gate(idcstest.Refresh, idcstest.BeforeRotation)
	p := s.Start(machine.Refresh)
	s.reach(g)
	return p, g
}

// A1.0: A fresh token costs nothing and waits for nobody, whatever goes on beside it.
func TestFreshTokenWaitsForNobody(t *testing.T) {
	s := set(t, machine.Person, idcstest.Options{})
	holder, gate := s.hold()
	connections := s.Domain.Counts().Connections
	s.served(s.Crowd(machine.Mixed(64)...)...)
	if n := s.Domain.Counts().Connections - connections; n != 0 {
		t.Errorf("%d connections for fresh tokens", n)
	}
	gate.Open()
	if r := holder.Wait(); r.Exit != 0 {
		t.Errorf("%s", r)
	}
	s.Chain()
}

// What "costs nothing" means, call by call: no lock, no socket, nothing written.
func TestFreshTokenTouchesNothing(t *testing.T) {
	need.Strace(t)
	s := set(t, machine.Person, idcstest.Options{})
	for _, call := range machine.Mixed(4) {
		trace := filepath.Join(t.TempDir(), "trace")
		s.served(s.Do(call.Under(machine.Trace(trace, "%file,%network,flock,fsync,ftruncate,pwrite64")...)))
		b, err := os.ReadFile(trace)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(b), s.File(".json")) {
			t.Fatalf("the trace doesn't even show the token file:\n%s", b)
		}
		for line := range strings.Lines(string(b)) {
			written := strings.Contains(line, "O_WRONLY") || strings.Contains(line, "O_RDWR") || strings.Contains(line, "O_CREAT")
			for _, bad := range []string{"flock(", "socket(", "connect(", "fsync(", "ftruncate(", "pwrite64(", "rename", "unlink", "mkdir", "chmod"} {
				if strings.Contains(line, bad) || written && strings.Contains(line, s.Home) {
					t.Errorf("%s: %s", call, line)
					break
				}
			}
		}
	}
	s.posts(0)
}

// The lock file is deleted while its holder waits for the domain. Whoever makes a new one finds out
// that the refresh token is on the wire, and leaves it alone.
func TestLockDeletedUnderItsHolder(t *testing.T) {
	s := alive(t, machine.Person, idcstest.Options{})
	holder, gate := s.hold()
	if err := os.Remove(s.File(".lock")); err != nil {
		t.Fatal(err)
	}
	s.served(s.Crowd(machine.Mixed(8)...)...)
	s.posts(1)
	gate.Open()
	if r := holder.Wait(); r.Exit != 0 {
		t.Errorf("%s", r)
	}
	s.posts(1)
	s.Chain()
	s.Litter()
}

// The same in containers that share the folder, where each process is pid 1 of its own.
func TestLockDeletedUnderAHolderInAContainer(t *testing.T) {
	userNamespace(t)
	container := []string{"unshare", "-r", "-p", "-f", "--mount-proc"}
	s := alive(t, machine.Person, idcstest.Options{})
	gate := s.Domain.Gate(idcstest.Refresh, idcstest.BeforeRotation)
	holder := s.Start(machine.Refresh.Under(container...))
	s.reach(gate)
	if pid := s.Sending(); pid != 1 {
		t.Fatalf("the holder calls itself %d", pid)
	}
	if err := os.Remove(s.File(".lock")); err != nil {
		t.Fatal(err)
	}
	var calls []machine.Call
	for _, c := range machine.Mixed(8) {
		calls = append(calls, c.Under(container...))
	}
	s.served(s.Crowd(calls...)...)
	s.posts(1)
	gate.Open()
	if r := holder.Wait(); r.Exit != 0 {
		t.Errorf("%s", r)
	}
	s.posts(1)
	s.Chain()
	s.Litter()
}

// R16, A1.5: A lock isn't left behind by the dead: the next call has it at once, without any rule of age.
func TestDeadHolderLeavesNoLock(t *testing.T) {
	s := set(t, machine.Person, idcstest.Options{})
	rounds := repeat(t, 100)
	for range rounds {
		s.Expire()
		gate := s.Domain.Gate("", idcstest.Accepted)
		p := s.Start(machine.Git)
		s.reach(gate)
		p.Kill()
		gate.Drop()
		s.served(s.Do(machine.Token))
	}
	s.posts(rounds)
	s.Chain()
}

// A1.6: A child of the program doesn't keep the lock, however long it stays.
func TestChildDoesNotKeepTheLock(t *testing.T) {
	need.Tool(t, "setsid")
	s := set(t, machine.Person, idcstest.Options{})
	pidfile := filepath.Join(t.TempDir(), "pid")
	s.Write("secret.sh", fmt.Sprintf("#!/bin/sh\nsetsid sleep 1000 & echo $! >>%s\nexec cat %s\n", pidfile, filepath.Join(s.Home, ".config/credential-idcs/client.secret")))
	children := func() (pids []int) {
		b, err := os.ReadFile(pidfile)
		if err != nil {
			t.Fatal(err)
		}
		for word := range strings.FieldsSeq(string(b)) {
			pid, err := strconv.Atoi(word)
			if err != nil {
				t.Fatal(err)
			}
			pids = append(pids, pid)
		}
		return pids
	}
	defer func() {
		for _, pid := range children() {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}()
	script := filepath.Join(s.Home, ".config/credential-idcs/secret.sh")
	if err := os.Chmod(script, 0o700); err != nil {
		t.Fatal(err)
	}
	s.Profile.Proof = fmt.Sprintf("secret_command = [%q]\n", script)
	s.Configure()
	for range 2 {
		s.Expire()
		s.again()
		s.served(s.Crowd(machine.Mixed(8)...)...)
		s.posts(1)
		for _, pid := range children() {
			if err := syscall.Kill(pid, 0); err != nil {
				t.Fatalf("the child isn't there any more: %v", err)
			}
		}
	}
	s.Chain()
}

// A1.7: Where there are no locks nothing is refreshed, and a token that lives is answered.
func TestNoLocksNoRefresh(t *testing.T) {
	need.Strace(t)
	for _, errno := range []string{"ENOLCK", "EBADF", "EIO"} {
		t.Run(errno, func(t *testing.T) {
			s := alive(t, machine.Person, idcstest.Options{})
			inject := machine.Inject(s.File(".lock"), "flock", "error="+errno)
			s.served(s.Do(machine.Git.Under(inject...)))
			s.Expire()
			for _, call := range machine.Mixed(4) {
				s.failed(1, s.Cache, s.Do(call.Under(inject...)))
			}
			s.posts(0)
			s.Chain()
		})
	}
}

// A1.10: A folder that was copied from another machine spends nothing: the other one still has the token.
func TestCopiedFolderSpendsNothing(t *testing.T) {
	if b, err := os.ReadFile("/etc/machine-id"); err != nil || len(strings.TrimSpace(string(b))) != 32 {
		t.Skip("this machine has no /etc/machine-id, so it can't tell itself from another")
	}
	s := alive(t, machine.Person, idcstest.Options{})
	s.Edit(`"machine":"[0-9a-f]*"`, `"machine":"00112233445566778899aabbccddeeff"`)
	s.served(s.Crowd(machine.Mixed(8)...)...)
	s.Expire()
	s.failed(3, "copied from another machine", s.Crowd(machine.Mixed(8)...)...)
	s.posts(0)
}

// The lock file is deleted under its holder, and whoever makes a new one can't see that process, or sees
// another start: /proc hides it, or the two have boot clocks of their own. It is alive all the same.
func TestHolderThatCantBeSeen(t *testing.T) {
	t.Parallel() // nearly all of it waits, see slow
	if os.Geteuid() != 0 {
		t.Skip("only root can mount /proc, and be somebody else")
	}
	for name, surroundings := range map[string][]string{
		"hidepid":        {"unshare", "-m", "/bin/sh", "-c", `mount -t proc -o hidepid=2 x /proc && exec "$0" "$@"`},
		"time namespace": {"unshare", "-T", "--fork", "--boottime", "100000"},
	} {
		t.Run(name, func(t *testing.T) {
			slow(t)
			s := expired(t, machine.Person, idcstest.Options{Rotation: idcstest.StrictRevoke})
			user := s.give()
			if out, err := exec.Command(surroundings[0], append(surroundings[1:], "true")...).CombinedOutput(); err != nil {
				t.Skipf("%v: %s", err, out)
			}
			gate := s.Domain.Gate(idcstest.Refresh, idcstest.AfterRotation)
			holder := s.Start(machine.Git.Under(user...))
			s.reach(gate)
			if err := os.Remove(s.File(".lock")); err != nil {
				t.Fatal(err)
			}
			s.failed(4, "another process", s.Do(machine.Git.Under(append(surroundings, user...)...)))
			s.posts(1)
			gate.Open()
			s.served(holder.Wait())
			s.takeBack()
			s.posts(1)
			s.Chain()
		})
	}
}
