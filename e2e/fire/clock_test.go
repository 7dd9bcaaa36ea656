//go:build linux

package fire

import (
	"crypto/tls"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// A4.1: The clock jumped: what is stored seems to come from another time. That costs one refresh, and
// nothing expired is served.
func TestClockJumps(t *testing.T) {
	for name, obtained := range map[string]time.Time{
		"5 h ago":  time.Now().Add(-5 * time.Hour),
		"in 5 h":   time.Now().Add(5 * time.Hour),
		"1970":     time.Unix(1, 0),
		"2038":     time.Unix(1<<31, 0),
		"2100":     time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
		"in 2 min": time.Now().Add(2 * time.Minute),
	} {
		t.Run(name, func(t *testing.T) {
			s := set(t, machine.Person, idcstest.Options{})
			s.Edit(`("access_token":"[^"]*","obtained":)\d+`, "${1}"+strconv.FormatInt(obtained.UnixMilli(), 10))
			old := s.Stored().Access
			if got := s.served(s.Crowd(machine.Mixed(8)...)...); got == old {
				t.Errorf("a token of unknown age was served")
			}
			s.posts(1)
			s.Chain()
		})
	}
	t.Run("back a little", func(t *testing.T) {
		s := set(t, machine.Person, idcstest.Options{})
		s.Edit(`("access_token":"[^"]*","obtained":)\d+`, "${1}"+strconv.FormatInt(time.Now().Add(30*time.Second).UnixMilli(), 10))
		s.served(s.Do(machine.Git))
		s.posts(0)
	})
}

// The wall clock was set back by hours, so the stored token looks young. The boot clock can't be set
// and knows better.
func TestBootClockKnowsBetter(t *testing.T) {
	if out, err := exec.Command("unshare", "-r", "-T", "--boottime", "7200", "true").CombinedOutput(); err != nil {
		t.Skipf("unshare -r -T (a time namespace) doesn't work here: %v %s", err, out)
	}
	s := set(t, machine.Person, idcstest.Options{})
	old := s.Stored().Access
	s.served(s.Do(machine.Git))
	s.posts(0)
	under := []string{"unshare", "-r", "-T", "--boottime", "7200"}
	if got := s.served(s.Do(machine.Git.Under(under...))); got == old {
		t.Errorf("a token of two hours was served")
	}
	s.posts(1)
	// Back in a world that booted later: the boot clock says too little, the wall clock decides.
	s.served(s.Do(machine.Git))
	s.posts(1)
	s.Chain()
}

// A4.2: This machine's clock is wrong by so much that the domain refuses assertions. Its Date tells; one
// corrected try, a warning, and next time it is right at once.
func TestWrongClockIsCorrected(t *testing.T) {
	for _, skew := range []time.Duration{10 * time.Minute, -10 * time.Minute} {
		t.Run(skew.String(), func(t *testing.T) {
			s := expired(t, machine.Alone, idcstest.Options{})
			s.Domain.SetSkew(skew)
			r := s.Do(machine.Git)
			s.served(r)
			if !strings.Contains(r.Stderr, "this machine's clock is ") {
				t.Errorf("no warning: %s", r)
			}
			s.posts(2)
			s.Expire()
			s.again()
			s.served(s.Do(machine.Token))
			s.posts(1)
			s.Chain()
		})
	}
}

// A4.2: This machine's clock is wrong by days, so the domain's certificate isn't valid: nothing is sent, the message
// names the clock, and its command sets it, or shows it where the certificate may be an old one. What is stored is
// served on.
func TestWrongClockIsNamedWhereTheCertificateIsNotValid(t *testing.T) {
	for name, c := range map[string]struct {
		end           time.Duration // of the certificate, which is for two days
		said          string
		typed, helper string
	}{
		"behind":        {72 * time.Hour, "its certificate isn't valid yet by this machine's clock (", "sudo timedatectl set-ntp true", "sudo timedatectl set-ntp true"},
		"ahead, or old": {-time.Hour, "its certificate has expired by this machine's clock (", "date", "credential-idcs doctor work"},
	} {
		t.Run(name, func(t *testing.T) {
			s := set(t, machine.Alone, idcstest.Options{})
			valid, err := s.Domain.TLSConfig("127.0.0.1", "localhost")
			if err != nil {
				t.Fatal(err)
			}
			cert, err := s.Domain.CA.IssueUntil(time.Now().Add(c.end), "127.0.0.1", "localhost")
			if err != nil {
				t.Fatal(err)
			}
			wrong := valid.Clone()
			wrong.Certificates = []tls.Certificate{cert}
			s.Domain.SetTLS(wrong)

			s.served(s.Crowd(machine.Mixed(8)...)...)
			s.Expire()
			results := s.Crowd(machine.Mixed(8)...)
			s.failed(5, c.said, results...)
			s.failed(5, "\n\t"+c.helper+"\n", results...)
			for _, typed := range [][]string{{"login", "work"}, {"doctor", "work"}} {
				r := s.Do(machine.Call{Name: machine.People, Args: typed})
				if said := r.Stdout + r.Stderr; r.Exit == 0 || !strings.Contains(said, c.said) || !strings.Contains(said, ")\n\t"+c.typed+"\n") {
					t.Errorf("%s; want %q and the command %q", r, c.said, c.typed)
				}
			}
			s.posts(0)
			s.Domain.SetTLS(valid)
			s.Chain()
		})
	}
}

// A4.2: A clock that is off by more than a day corrects nothing. What was signed is refused then, and each message
// ends with the command that sets the clock; none blames the application.
func TestClockThatIsOffByDaysIsNamed(t *testing.T) {
	for _, skew := range []time.Duration{10 * 24 * time.Hour, -10 * 24 * time.Hour} {
		t.Run(skew.String(), func(t *testing.T) {
			s := expired(t, machine.Alone, idcstest.Options{})
			s.Domain.SetSkew(skew)
			s.failed(5, "too far to be corrected by it\n\tsudo timedatectl set-ntp true\n", s.Crowd(machine.Mixed(8)...)...)
			s.posts(1)
			for _, typed := range [][]string{{"login", "work"}, {"doctor", "work"}} {
				r := s.Do(machine.Call{Name: machine.People, Args: typed})
				said := r.Stdout + r.Stderr
				if r.Exit == 0 || !strings.Contains(said, "the domain's") || !strings.Contains(said, "\n\tsudo timedatectl set-ntp true\n") || strings.Contains(said, "activate the application") {
					t.Errorf("%s; want the clock and its command", r)
				}
			}
			s.Domain.SetSkew(0)
			s.Chain()
		})
	}
}

// A4.4: Lives shorter than what callers need don't become a storm of refreshes.
func TestShortLives(t *testing.T) {
	for _, life := range []time.Duration{300 * time.Second, 60 * time.Second, 5 * time.Second} {
		t.Run(life.String(), func(t *testing.T) {
			begun := time.Now()
			s := set(t, machine.Person, idcstest.Options{AccessTTL: life})
			for range 5 {
				for _, r := range s.Crowd(machine.Mixed(8)...) { // one may fall due among them
					s.served(r)
				}
			}
			due := life/2 - time.Second // a token's life counts from a full second
			took := time.Since(begun)
			if n := s.Domain.Posts(idcstest.Refresh) - s.before.Posts[idcstest.Refresh]; n > 1+int(took/due) {
				t.Errorf("%d refreshes in %v", n, took)
			}
			s.Chain()
		})
	}
}

// With 4 of 60 minutes left and the lock held by somebody, git has its answer at once. docker, whose
// builds push at the end, would rather wait for a longer one, and then takes what there is.
func TestFourMinutesLeft(t *testing.T) {
	slow(t)
	s := set(t, machine.Person, idcstest.Options{})
	s.Leave(4 * time.Minute)
	token := s.Stored().Access
	holder, gate := s.hold()
	waiting := s.Start(machine.Docker)
	if got := s.served(s.Do(machine.Git), s.Do(machine.Token)); got != token {
		t.Errorf("not the stored token")
	}
	gate.Open()
	if r := holder.Wait(); r.Exit != 0 {
		t.Errorf("%s", r)
	}
	if got := s.served(waiting.Wait()); got == token {
		t.Errorf("docker didn't wait for the new token")
	}
	s.posts(1)

	s.Leave(4 * time.Minute)
	token = s.Stored().Access
	holder, gate = s.hold()
	if got := s.served(s.Do(machine.Docker)); got != token {
		t.Errorf("not the stored token")
	}
	gate.Open()
	holder.Wait()
	s.Chain()
}
