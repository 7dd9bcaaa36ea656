//go:build linux

// Soak lets many processes use one profile with tokens of 5 s, and kills, interrupts and lies to them
// at random:
//
//	go run ./e2e/soak -for 2m
//
// In the end no login may be unexplained (each one needed an answer that was really lost), no refresh
// token may have been presented twice, and nothing may lie around. The exit status says so.
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

func main() {
	length := flag.Duration("for", 2*time.Minute, "how `long`")
	callers := flag.Int("callers", 50, "how `many` call at once")
	kill := flag.Float64("kill", 0.01, "`part` of the calls that is killed")
	interrupt := flag.Float64("interrupt", 0.05, "`part` of the calls that is interrupted")
	fault := flag.Float64("fault", 0.05, "`part` of the domain's answers that goes wrong")
	seed := flag.Uint64("seed", uint64(time.Now().UnixNano()), "`number` that decides what happens to whom")
	flag.Parse()

	r := &reporter{}
	defer func() { os.Exit(r.status()) }()
	defer r.cleanup()
	program, err := machine.Build(r.TempDir())
	if err != nil {
		r.Errorf("%v", err)
		return
	}
	domain := idcstest.Start(r, idcstest.Options{AccessTTL: 5 * time.Second, Keep: 5000})
	s := &soak{Machine: machine.New(r, program, domain, machine.Person), kill: *kill, interrupt: *interrupt, fault: *fault}
	s.Login()

	stop := make(chan struct{})
	over := time.AfterFunc(*length, func() { close(stop) })
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-asked
		if over.Stop() {
			close(stop)
		}
	}()
	fmt.Printf("%d callers for %v, seed %d\n", *callers, *length, *seed)
	var wait sync.WaitGroup
	wait.Go(func() { s.lie(stop, rand.New(rand.NewPCG(*seed, 0))) })
	for i := range *callers {
		wait.Go(func() { s.call(stop, rand.New(rand.NewPCG(*seed, uint64(i+1)))) })
	}
	wait.Wait()
	s.finish()
}

// A soak is the machine and what happened on it.
type soak struct {
	*machine.Machine
	kill, interrupt, fault float64

	mu      sync.Mutex
	calls   int
	exits   map[int]int
	kills   int
	ints    int
	faults  int
	lost    int // answers that may have been lost since the last login
	logins  int
	strange int // logins that nothing explains

	login sync.Mutex
}

// call runs one call after the other.
func (s *soak) call(stop <-chan struct{}, r *rand.Rand) {
	kinds := machine.Mixed(4)
	for {
		select {
		case <-stop:
			return
		case <-time.After(time.Duration(r.IntN(400)) * time.Millisecond):
		}
		p := s.Start(kinds[r.IntN(len(kinds))])
		fate, at := r.Float64(), time.Duration(r.IntN(60))*time.Millisecond
		switch {
		case fate < s.kill:
			time.Sleep(at)
			s.note(func() { s.kills++; s.lost++ })
			s.Domain.Killed() // both before and after: the next call may be quicker than we are
			_ = syscall.Kill(p.Pid(), syscall.SIGKILL)
			s.Domain.Killed()
		case fate < s.kill+s.interrupt:
			time.Sleep(at)
			s.note(func() { s.ints++ })
			_ = syscall.Kill(p.Pid(), syscall.SIGINT)
		}
		s.judge(p.Wait())
	}
}

func (s *soak) note(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// judge looks at how a call ended.
func (s *soak) judge(r machine.Result) {
	s.note(func() {
		s.calls++
		if s.exits == nil {
			s.exits = map[int]int{}
		}
		s.exits[r.Exit]++
	})
	switch {
	case r.Exit == 0 && r.Secret() == "":
		s.T.Errorf("exit 0 without a token: %s", r)
	case r.Exit == 3, r.Exit == 1 && strings.Contains(r.Stderr, "credential-idcs login work"):
		s.person()
	case r.Exit == 0, r.Exit == 4, r.Exit == 130, r.Signal == syscall.SIGKILL, r.Signal == syscall.SIGINT:
	case r.Exit == 1 && r.Status(4) == 1: // docker's word for 4
	default:
		s.T.Errorf("%s", r)
	}
}

// person logs in, if that is still needed, and asks why.
func (s *soak) person() {
	s.login.Lock()
	defer s.login.Unlock()
	r := s.Do(machine.Token)
	if r.Exit != 3 {
		return
	}
	s.note(func() {
		s.logins++
		if !strings.Contains(r.Stderr, "was interrupted") || s.lost == 0 {
			s.strange++
			s.T.Errorf("a login that nothing explains, %d answers were lost: %s", s.lost, r)
		}
		s.lost = 0
	})
	if r := s.Do(s.LoginCall()); r.Exit != 0 && r.Exit != 4 {
		s.T.Errorf("%s", r)
	}
}

// lie makes some of the domain's answers go wrong.
func (s *soak) lie(stop <-chan struct{}, r *rand.Rand) {
	for {
		select {
		case <-stop:
			s.Domain.Unscript()
			return
		case <-time.After(time.Second):
		}
		if r.Float64() >= s.fault*3 { // a refresh every three seconds or so
			continue
		}
		faults := []idcstest.Fault{
			{Status: 500}, {Status: 503}, {Status: 502, Body: "<html>"}, {Status: 429},
			{At: idcstest.RequestRead, Do: idcstest.Reset}, {Delay: 2 * time.Second},
			{At: idcstest.AfterRotation, Do: idcstest.Reset}, {At: idcstest.MidBody, Do: idcstest.Cut},
			{Drop: []string{"access_token"}},
		}
		f := faults[r.IntN(len(faults))]
		f.On, f.Nth = idcstest.Refresh, 1
		s.note(func() {
			s.faults++
			if f.At == idcstest.AfterRotation || f.At == idcstest.MidBody {
				s.lost++
			}
		})
		s.Domain.Unscript()
		s.Domain.Script(f)
	}
}

// finish waits until all is quiet and counts.
func (s *soak) finish() {
	for range 60 { // pauses after faults end by themselves
		r := s.Do(machine.Token)
		if r.Exit == 3 {
			s.person()
			continue
		}
		if r.Exit == 0 {
			break
		}
		time.Sleep(2 * time.Second)
	}
	s.Chain()
	s.Litter()
	broken := s.Domain.Broken()
	fmt.Printf("%d calls, by exit status %v, %d refresh requests, %d killed, %d interrupted, %d faults\n",
		s.calls, s.exits, s.Domain.Posts(idcstest.Refresh), s.kills, s.ints, s.faults)
	fmt.Printf("%d logins, %d unexplained; %d invariants broken; left: %s\n", s.logins, s.strange, len(broken), strings.Join(s.Left(), " "))
}
