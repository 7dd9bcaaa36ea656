//go:build linux

package fire

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/pty"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// armed are the points where a refresh token is on the wire and its successor isn't on the disk.
var armed = []idcstest.Point{
	idcstest.RequestRead, idcstest.BeforeRotation, idcstest.AfterRotation, idcstest.BeforeBody, idcstest.MidBody,
}

// A2.4: An interrupted call ends when the answer is saved, says nothing, and has the exit status of its
// signal. That holds for two in a row, too.
func TestInterruptedAfterSending(t *testing.T) {
	for _, point := range armed {
		for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
			t.Run(fmt.Sprintf("%s, %s", point, sig), func(t *testing.T) {
				if signal.Ignored(sig) {
					t.Skip("this process ignores it, as below nohup, and so do those that it starts")
				}
				s := expired(t, machine.Person, idcstest.Options{})
				gate := s.Domain.Gate(idcstest.Refresh, point)
				p := s.Start(machine.Git)
				s.reach(gate)
				p.Signal(sig)
				p.Signal(sig)
				gate.Open()
				r := p.Wait()
				if r.Exit != 128+int(sig) || r.Stdout != "" || r.Stderr != "" {
					t.Errorf("%s; want exit %d and nothing printed", r, 128+int(sig))
				}
				s.served(s.Do(machine.Git)) // it was saved
				s.posts(1)
				s.Chain()
				s.Litter()
			})
		}
	}
}

// Signals at any moment of a call, two in a row, to its group: a signal is no kill, so no login is ever
// lost by one, and whatever was answered is on the disk.
func TestInterruptedAtAnyMoment(t *testing.T) {
	s := set(t, machine.Person, idcstest.Options{Rotation: idcstest.StrictRevoke})
	signals := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}
	const offsets = 20
	late := 0 // ended when the token was saved
	for round := range repeat(t, 1) {
		for _, sig := range signals {
			s.Expire()
			r := s.Do(machine.Git)
			s.served(r)
			for i := range offsets {
				s.Expire()
				p := s.Start(machine.Git)
				time.Sleep(r.Took * time.Duration(i) / offsets)
				_ = syscall.Kill(-p.Pid(), sig) // it may have ended
				_ = syscall.Kill(-p.Pid(), sig)
				switch r := p.Wait(); {
				case r.Exit == 128+int(sig) && r.Stdout == "":
					late++
				case r.Signal == sig, r.Exit == 0 && r.Secret() != "":
				case sig == syscall.SIGQUIT && r.Exit == 2: // the Go runtime's own answer to QUIT
				default:
					t.Fatalf("round %d, %v at %d/%d of a call: %s", round, sig, i, offsets, r)
				}
				s.served(s.Do(machine.Token))
			}
		}
	}
	t.Logf("%d ended when the token was saved", late)
	s.Chain()
	s.Litter()
}

// A2.4c: Before anything is sent there is nothing to save, and a call ends at once.
func TestInterruptedBeforeSending(t *testing.T) {
	for _, point := range []idcstest.Point{idcstest.Accepted, idcstest.Hello} {
		for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
			t.Run(fmt.Sprintf("%s, %s", point, sig), func(t *testing.T) {
				s := expired(t, machine.Person, idcstest.Options{})
				gate := s.Domain.Gate("", point)
				p := s.Start(machine.Git)
				s.reach(gate)
				p.Signal(sig)
				r := p.Wait() // the gate is still closed: it didn't wait for the domain
				if r.Signal != sig && r.Exit != 128+int(sig) || r.Stdout != "" {
					t.Errorf("%s", r)
				}
				gate.Drop()
				s.posts(0)
				s.served(s.Do(machine.Git))
				s.posts(1)
				s.Chain()
				s.Litter()
			})
		}
	}
}

// A2.4b: Ctrl-Z stops the call when the answer is saved; continued, it prints as if nothing had been.
func TestStoppedByTheTerminal(t *testing.T) {
	for _, point := range armed {
		t.Run(string(point), func(t *testing.T) {
			s := expired(t, machine.Person, idcstest.Options{})
			refresh := s.Stored().Refresh
			gate := s.Domain.Gate(idcstest.Refresh, point)
			p := s.Start(machine.Git)
			s.reach(gate)
			p.Signal(syscall.SIGTSTP)
			gate.Open()
			var status syscall.WaitStatus
			if _, err := syscall.Wait4(p.Pid(), &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() || status.StopSignal() != syscall.SIGTSTP {
				t.Fatalf("not stopped: %v, %v", status, err)
			}
			if s.Stored().Refresh == refresh {
				t.Errorf("stopped before it saved")
			}
			p.Signal(syscall.SIGCONT)
			s.served(p.Wait())
			s.posts(1)
			s.Chain()
		})
	}
}

// A real terminal: what a person types at it reaches the process group in the foreground.
func TestKeysAtATerminal(t *testing.T) {
	for key, sig := range map[byte]syscall.Signal{0x03: syscall.SIGINT, 0x1c: syscall.SIGQUIT} {
		t.Run(sig.String(), func(t *testing.T) {
			s := expired(t, machine.Person, idcstest.Options{})
			terminal, tty := pty.Open(t)
			call := machine.Token
			call.Alter = func(cmd *exec.Cmd) {
				cmd.Stdin, cmd.Stderr = tty, tty
				cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
			}
			gate := s.Domain.Gate(idcstest.Refresh, idcstest.AfterRotation)
			p := s.Start(call)
			s.reach(gate)
			if _, err := terminal.Write([]byte{key, key}); err != nil {
				t.Fatal(err)
			}
			// The kernel takes the keys in its own time. It sends the signal, and then shows the key.
			shown := ""
			for b := make([]byte, 100); !strings.Contains(shown, "^"+string(rune(key+'@'))); {
				n, err := terminal.Read(b)
				if err != nil {
					t.Fatalf("%v after %q", err, shown)
				}
				shown += string(b[:n])
			}
			gate.Open()
			if r := p.Wait(); r.Exit != 128+int(sig) || r.Stdout != "" {
				t.Errorf("%s; want exit %d", r, 128+int(sig))
			}
			s.served(s.Do(machine.Git))
			s.posts(1)
			s.Chain()
		})
	}
}

// A2.5: Nobody reads what the call prints. The answer is saved all the same.
func TestNobodyReads(t *testing.T) {
	for _, call := range machine.Mixed(4) {
		t.Run(call.String(), func(t *testing.T) {
			s := expired(t, machine.Person, idcstest.Options{})
			call.Alter = func(cmd *exec.Cmd) {
				r, w, err := os.Pipe()
				if err != nil {
					t.Fatal(err)
				}
				_ = r.Close()
				t.Cleanup(func() { _ = w.Close() })
				cmd.Stdout, cmd.Stderr = w, w
			}
			r := s.Do(call)
			if r.Exit == 0 {
				t.Errorf("exit 0, though nobody got the token")
			}
			s.served(s.Do(machine.Git))
			s.posts(1)
			s.Chain()
		})
	}
}
