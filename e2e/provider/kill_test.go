//go:build linux

package provider_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// A second opinion on the crash table: the process is killed at a system call after the provider has
// rotated. Where the successor is on the disk the next call goes on without a request. Where it isn't,
// the spent token is presented once more, which is all that can tell, and revokes the grant; then a
// login that needs no person is made, and otherwise one is asked for.
func TestKilledAfterTheRotation(t *testing.T) {
	need.Strace(t)
	for _, at := range []struct {
		call, suffix string
		saved        bool
	}{
		{"pwrite64", ".new", false},
		{"ftruncate", ".new", true},
		{"fsync", "", true}, // of the folder, behind the rename
	} {
		for _, login := range []struct{ client, method string }{{public, "browser"}, {byKey, "assertion"}} {
			t.Run(fmt.Sprint(at.call, at.suffix, " ", login.method), func(t *testing.T) {
				s := set(t)
				m := s.home(login.client, login.method)
				if r := s.login(m, login.method); r.Exit != 0 {
					t.Fatalf("%s\n%v", r, s.Tally().Refused)
				}
				m.Expire()
				path := m.Cache
				if at.suffix != "" {
					path = m.File(at.suffix)
				}
				before := s.Tally()
				r := m.Do(machine.Git.Under(machine.Inject(path, at.call, "signal=KILL")...))
				if r.Signal != syscall.SIGKILL || r.Stdout != "" {
					t.Fatalf("%s; want a kill and nothing printed", r)
				}
				if n := s.Tally().Granted["refresh_token"] - before.Granted["refresh_token"]; n != 1 {
					t.Fatalf("%d refreshes before the kill, want 1", n)
				}
				r = m.Do(machine.Token)
				after := s.Tally()
				switch {
				case at.saved:
					if r.Exit != 0 || after.Granted["refresh_token"] != before.Granted["refresh_token"]+1 || len(after.Refused) > 0 {
						t.Errorf("%s, %+v", r, after)
					}
				case login.method == "assertion":
					if r.Exit != 0 || after.Granted[bearer] != before.Granted[bearer]+1 || after.Revoked != 1 {
						t.Errorf("%s, %+v", r, after)
					}
				default:
					if r.Exit != 3 || !strings.Contains(r.Stderr, "was interrupted (pid ") || after.Revoked != 1 {
						t.Errorf("%s, %+v", r, after)
					}
					for range 3 { // said again, not tried again
						if again := m.Do(machine.Token); again.Stderr != r.Stderr || s.Tally().Revoked != 1 {
							t.Errorf("%s", again)
						}
					}
					m.Litter()
					return
				}
				m.Chain()
				m.Litter()
			})
		}
	}
}
