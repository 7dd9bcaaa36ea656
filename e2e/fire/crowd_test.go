//go:build linux

package fire

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// A1.1: One expiry costs one request, and all callers get the same token.
func TestCrowdSpendsOneToken(t *testing.T) {
	for _, test := range []struct {
		name      string
		processes int
		rounds    int
		delay     time.Duration
	}{
		{"64", 64, 5, 0},
		{"64, a domain of 3 s", 64, 1, 3 * time.Second},
		{"256", 256, 1, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			if testing.Short() && test.processes > 64 {
				t.Skip("too many processes")
			}
			s := set(t, machine.Person, idcstest.Options{})
			if test.delay > 0 {
				s.Domain.Script(idcstest.Fault{On: idcstest.Refresh, Delay: test.delay})
			}
			for range repeat(t, test.rounds) {
				s.Expire()
				s.again()
				s.served(s.Crowd(machine.Mixed(test.processes)...)...)
				s.posts(1)
			}
			s.Chain()
			s.Litter()
		})
	}
}

// A1.1b: A login among refreshes: its token is the one that stays.
func TestLoginAmongRefreshesStays(t *testing.T) {
	s := set(t, machine.Alone, idcstest.Options{})
	for round := range repeat(t, 5) {
		s.Expire()
		s.again()
		results := s.Crowd(append(machine.Mixed(32), s.LoginCall())...)
		for _, r := range results {
			if r.Exit != 0 {
				s.Errorf("%s", r)
			}
		}
		s.grants(idcstest.Assertion, 1)
		if family, _ := s.Domain.Family(s.Stored().Refresh); family != round+2 {
			s.Errorf("family %d is on the disk, want the login's, %d", family, round+2)
		}
	}
	s.Chain()
	s.Litter()
}

// A1.2: A domain that hangs is asked once. All who waited say the same.
func TestHangIsSharedByAll(t *testing.T) {
	slow(t)
	s := expired(t, machine.Person, idcstest.Options{})
	s.Domain.Script(idcstest.Fault{On: idcstest.Refresh, Do: idcstest.Stall})
	begun := time.Now()
	s.failed(4, "profile work", s.Crowd(machine.Mixed(64)...)...)
	s.posts(1)
	if n := s.Domain.Counts().Connections - s.before.Connections; n != 1 {
		s.Errorf("%d connections, want 1", n)
	}
	if d := time.Since(begun); d > 60*time.Second {
		s.Errorf("took %v, the bound is 25 s", d)
	}
	s.Litter()
}

// A1.2b: So is one that refuses, and the status says what to do about it.
func TestRefusalIsSharedByAll(t *testing.T) {
	for _, test := range []struct {
		name  string
		fault idcstest.Fault
		exit  int
		text  string
	}{
		// The usual pause may be over before the last of them has started.
		{"500", idcstest.Fault{Status: 500, Body: "oops", Header: http.Header{"Retry-After": {"300"}}}, 4, "500"},
		{"503", idcstest.Fault{Status: 503, Header: http.Header{"Retry-After": {"300"}}}, 4, "503"},
		{"429", idcstest.Fault{Status: 429, Header: http.Header{"Retry-After": {"300"}}}, 4, "429"},
		{"invalid_client", idcstest.Fault{Status: 401, Error: "invalid_client"}, 5, "the domain refused the client (invalid_client"},
		{"invalid_grant", idcstest.Fault{Error: "invalid_grant"}, 3, "login needed, the refresh token is spent"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := expired(t, machine.Person, idcstest.Options{})
			refresh := s.Stored().Refresh
			test.fault.On = idcstest.Refresh
			s.Domain.Script(test.fault)
			results := s.Crowd(machine.Mixed(64)...)
			s.failed(test.exit, test.text, results...)
			for _, r := range results {
				if r.Took > 36*time.Second {
					s.Errorf("the bound is 12 s: %s", r)
				}
			}
			s.posts(1)
			if s.Stored().Refresh != refresh {
				s.Errorf("the refresh token changed")
			}
			s.Litter()
		})
	}
}

// A1.9: A rate limit is obeyed by all processes together.
func TestRetryAfterIsObeyed(t *testing.T) {
	for name, value := range map[string]string{
		"seconds": "300",
		"date":    time.Now().Add(400 * time.Second).UTC().Format(http.TimeFormat),
		"huge":    "1000000000",
		"rubbish": "soon",
	} {
		t.Run(name, func(t *testing.T) {
			s := expired(t, machine.Person, idcstest.Options{})
			s.Domain.Script(idcstest.Fault{On: idcstest.Refresh, Status: 429, Header: http.Header{"Retry-After": {value}}})
			begun := time.Now()
			for range 3 {
				s.failed(4, "429", s.Crowd(machine.Mixed(8)...)...)
			}
			if name == "rubbish" { // so the pause is the usual one
				s.paused(1, begun)
			} else {
				s.posts(1)
			}
		})
	}
	t.Run("over", func(t *testing.T) {
		slow(t)
		s := expired(t, machine.Person, idcstest.Options{})
		s.Domain.Script(idcstest.Fault{On: idcstest.Refresh, Nth: 1, Status: 429, Header: http.Header{"Retry-After": {"2"}}})
		s.failed(4, "429", s.Do(machine.Git))
		for end := time.Now().Add(30 * time.Second); ; {
			r := s.Do(machine.Git)
			if r.Exit == 0 {
				break
			}
			s.failed(4, "429", r)
			if time.Now().After(end) {
				t.Fatal("the pause of 2 s never ends")
			}
		}
		s.posts(2)
		s.Chain()
	})
}

// A1.8: Wherever the callers stand and whatever their environment says, the lock is the same one.
func TestLockLiesBesideTheToken(t *testing.T) {
	s := expired(t, machine.Person, idcstest.Options{})
	calls := machine.Mixed(32)
	for i := range calls {
		dir := filepath.Join(s.TempDir(), fmt.Sprint(i))
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		calls[i] = calls[i].With("TMPDIR="+dir, "XDG_RUNTIME_DIR="+dir, "XDG_STATE_HOME="+dir).
			Under("/bin/sh", "-c", fmt.Sprintf(`umask %03o; exec "$@"`, []int{0o000, 0o022, 0o077, 0o777}[i%4]), "sh")
		calls[i].Dir = dir
	}
	s.served(s.Crowd(calls...)...)
	s.posts(1)
	s.Chain()
	for _, suffix := range []string{".json", ".lock", ".state"} {
		if fi, err := os.Stat(s.File(suffix)); err != nil || fi.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v", suffix, fi.Mode(), err)
		}
	}
}

// A1.4: Somebody who deletes lock files, or the whole folder, while they are in use costs at most a
// failure: no refresh token is presented twice, which the domain watches.
func TestDeletedInUse(t *testing.T) {
	for _, test := range []struct {
		name   string
		remove func(folder, lock string)
	}{
		{"lock", func(_, lock string) { _ = os.Remove(lock) }},
		{"folder", func(folder, _ string) {
			_ = os.RemoveAll(folder)
			time.Sleep(5 * time.Millisecond) // else there never is one to use
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for range repeat(t, 4) {
				s := expired(t, machine.Alone, idcstest.Options{})
				lock := s.File(".lock")
				stop := time.Now().Add(time.Second) // a crowd's time, twice; later calls must end, too
				var wait sync.WaitGroup
				wait.Go(func() {
					for time.Now().Before(stop) {
						test.remove(s.Cache, lock)
					}
				})
				results := s.Crowd(machine.Mixed(64)...)
				wait.Wait()
				for _, r := range results {
					if r.Exit != 0 && r.Exit != r.Status(4) && r.Exit != r.Status(1) || r.Signal != 0 {
						s.Errorf("%s", r)
					}
				}
				if r := s.Do(machine.Git); r.Exit != 0 { // nothing needs to be mended by hand
					s.Errorf("afterwards: %s", r)
				}
			}
		})
	}
}
