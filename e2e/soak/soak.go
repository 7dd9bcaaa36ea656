//go:build linux

package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/sys/unix"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// options say how hard a soak is.
type options struct {
	length, rest           time.Duration
	callers                int
	kill, interrupt, fault float64 // parts of 1
	seed                   uint64
}

func usual() options {
	return options{
		length: 2 * time.Minute, rest: 200 * time.Millisecond, callers: 50,
		kill: 0.01, interrupt: 0.05, fault: 0.05, seed: uint64(time.Now().UnixNano()),
	}
}

// A soak is the machine and what happened on it.
type soak struct {
	*machine.Machine
	options

	mu      sync.Mutex // the counters
	calls   int
	exits   map[int]int
	kills   int // that hit a process
	armed   int // of these, with the refresh token on the wire
	ints    int
	logins  int
	strange int // logins that nothing explains

	login sync.Mutex
}

// begin starts a domain that ends a login when a refresh token is used twice, decides which of its
// answers go wrong, and logs in.
func begin(t machine.TB, program machine.Program, o options) *soak {
	domain := idcstest.Start(t, idcstest.Options{AccessTTL: 5 * time.Second, Rotation: idcstest.StrictRevoke, Keep: 5000})
	s := &soak{Machine: machine.New(t, program, domain, machine.Person), options: o, exits: map[int]int{}}
	s.Login()
	domain.Script(lies(rand.New(rand.NewPCG(o.seed, 0)), o.fault, int(o.length/time.Second)*10)...)
	return s
}

// lies are faults for that part of the next n refreshes.
func lies(r *rand.Rand, part float64, n int) []idcstest.Fault {
	kinds := []idcstest.Fault{
		{Status: 500}, {Status: 503}, {Status: 502, Body: "<html>"}, {Status: 429},
		{At: idcstest.RequestRead, Do: idcstest.Reset}, {Delay: 2 * time.Second},
		{At: idcstest.AfterRotation, Do: idcstest.Reset}, {At: idcstest.MidBody, Do: idcstest.Cut},
		{Drop: []string{"access_token"}},
	}
	var all []idcstest.Fault
	for i := range n {
		if r.Float64() < part {
			f := kinds[r.IntN(len(kinds))]
			f.On, f.Nth = idcstest.Refresh, i+1
			all = append(all, f)
		}
	}
	return all
}

// run lets all callers call until stop is closed.
func (s *soak) run(stop <-chan struct{}) {
	var wait sync.WaitGroup
	for i := range s.callers {
		wait.Go(func() { s.call(stop, rand.New(rand.NewPCG(s.seed, uint64(i+1)))) })
	}
	wait.Wait()
	s.Domain.Unscript()
}

// early wants more life than the domain gives, so it refreshes whatever isn't brand new. Unlike a
// refresh that a person types, it never sends a token that was refused.
var early = machine.Call{Name: machine.People, Args: []string{"token", "work", "--min-ttl", "1h"}}

// call runs one call after the other.
func (s *soak) call(stop <-chan struct{}, r *rand.Rand) {
	kinds := machine.Mixed(4)
	for {
		select {
		case <-stop:
			return
		case <-time.After(time.Duration(r.Float64() * 2 * float64(s.rest))):
		}
		c := kinds[r.IntN(len(kinds))]
		// Most calls are cached answers, which take 3 ms. So there are more refreshes among the
		// victims than by chance, and they live longer, else few would be in the middle of anything.
		fate, at := r.Float64(), time.Duration(r.IntN(10_000))*time.Microsecond
		ill := fate < s.kill+s.interrupt
		if s.Program.Windows() {
			at *= 50 // Wine takes that much longer to start it
		}
		if fate < s.kill && r.IntN(2) == 0 || ill && r.IntN(10) == 0 {
			c, at = early, 6*at
		}
		begun := time.Now()
		p := s.Start(c)
		killed := false
		switch {
		case fate < s.kill:
			time.Sleep(at)
			killed = s.end(p)
		case ill:
			time.Sleep(at)
			if err := syscall.Kill(p.Pid(), syscall.SIGINT); err == nil {
				s.note(func() { s.ints++ })
			}
		}
		s.judge(p.Wait(), begun, killed)
	}
}

// end kills a process, if it still runs, and tells the domain if an answer may be lost with it: that
// is what the intent says. The process is stopped while it is asked, so that no other can be quicker,
// and no kill that did no harm excuses anything.
func (s *soak) end(p *machine.Process) bool {
	_ = syscall.Kill(p.Pid(), syscall.SIGSTOP)
	var info unix.Siginfo
	err := error(unix.EINTR)
	for errors.Is(err, unix.EINTR) { // by a signal of the runtime's own
		err = unix.Waitid(unix.P_PID, p.Pid(), &info, unix.WSTOPPED|unix.WEXITED|unix.WNOWAIT, nil)
	}
	const stopped = 5 // CLD_STOPPED
	if err != nil || info.Code != stopped {
		return false // it had ended
	}
	sending := s.Sending()
	// Wine gives a process a number of its own, so there another one that sends excuses the kill, too.
	armed := sending == p.Pid() || sending != 0 && s.Program.Windows()
	if armed {
		s.Domain.Killed()
	}
	_ = syscall.Kill(p.Pid(), syscall.SIGKILL)
	s.note(func() {
		s.kills++
		if armed {
			s.armed++
		}
	})
	return true
}

// enough reports whether there was something to judge.
func (s *soak) enough() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls >= 100 && s.Domain.Posts(idcstest.Refresh) >= 3
}

func (s *soak) note(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// judge looks at how a call ended.
func (s *soak) judge(r machine.Result, begun time.Time, killed bool) {
	s.note(func() {
		s.calls++
		s.exits[r.Exit]++
	})
	switch {
	case killed && r.Signal == syscall.SIGKILL, r.Signal == syscall.SIGINT: // it may have printed before
	case r.Exit == 0:
		if dies, err := expiry(r.Secret()); err != nil || dies.Before(begun) {
			s.T.Errorf("no token, or one that was dead when the call began: %s (%v, %v)", r, dies, err)
		}
	case r.Secret() != "":
		s.T.Errorf("a call that failed printed a token: %s", r)
	case r.Exit == 3, r.Exit == 1 && strings.Contains(r.Stderr, "credential-idcs login work"):
		s.person()
	case r.Exit == 4, r.Exit == 130:
	case r.Exit == 1 && (r.Status(4) == 1 || strings.Contains(r.Stderr, useless)): // docker's word for all
	default:
		s.T.Errorf("%s", r)
	}
}

// useless is what a call says of an answer without an access token.
const useless = "the domain's answer has no access token"

// expiry is when a token dies by its own word.
func expiry(token string) (time.Time, error) {
	var claims jwt.RegisteredClaims
	if _, _, err := jwt.NewParser().ParseUnverified(token, &claims); err != nil {
		return time.Time{}, err
	}
	if claims.ExpiresAt == nil {
		return time.Time{}, errors.New("no exp")
	}
	return claims.ExpiresAt.Time, nil
}

// person logs in, if that is still needed, and asks why.
func (s *soak) person() {
	s.login.Lock()
	defer s.login.Unlock()
	r := s.Do(machine.Token)
	if r.Exit != 3 {
		return
	}
	why := s.Domain.Lost(s.Stored().Refresh)
	s.note(func() {
		s.logins++
		if why == "" || !strings.Contains(r.Stderr, "was interrupted") {
			s.strange++
			s.T.Errorf("a login that nothing explains (%q): %s", why, r)
		}
	})
	for range 20 { // logins meet faults, too
		l := s.Do(s.LoginCall())
		switch {
		case l.Exit == 0, l.Exit == 1 && strings.Contains(l.Stderr, useless): // its refresh token was stored
			return
		case l.Exit != 4:
			s.T.Errorf("%s", l)
			return
		}
	}
	s.T.Errorf("nobody can log in any more")
}

// finish waits until all is quiet and counts.
func (s *soak) finish() {
	for range 60 { // pauses after faults end by themselves
		r := s.Do(machine.Token)
		// A login may be lost while its last access token still lives and is served. Chain would
		// present what was refused, so the token's few seconds are waited for.
		if r.Exit == 0 && s.Domain.Lost(s.Stored().Refresh) == "" {
			break
		}
		if r.Exit == 3 {
			s.person()
			continue
		}
		time.Sleep(2 * time.Second)
	}
	s.Chain()
	s.Litter()
}

func (s *soak) summary() string {
	left := s.Left()
	slices.Sort(left)
	broken := s.Domain.Broken()
	return fmt.Sprintf("%d calls, by exit status %v, %d refresh requests, %d killed (%d of them armed), %d interrupted\n"+
		"%d logins, %d unexplained; %d invariants broken; left: %s",
		s.calls, s.exits, s.Domain.Posts(idcstest.Refresh), s.kills, s.armed, s.ints,
		s.logins, s.strange, len(broken), strings.Join(left, " "))
}
