package windows

import (
	"bufio"
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// A console is what a program of the test was started in.
type console struct {
	*machine.Process
	t    *testing.T
	conn net.Conn
}

// open starts the call in a console of its own.
func open(m *machine.Machine, t *testing.T, call machine.Call) *console {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	call = call.With("HOLD_CONSOLE=" + l.Addr().String())
	call.Name, call.Args = inConsole, append([]string{call.Name}, call.Args...)
	p := m.Start(call)
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &console{p, t, conn}
}

// tell returns when the program has got the event, or was ended by it.
func (c *console) tell(event string) {
	c.t.Helper()
	fmt.Fprintln(c.conn, event)
	_ = c.conn.SetReadDeadline(time.Now().Add(time.Minute))
	line, err := bufio.NewReader(c.conn).ReadString('\n')
	if line != "got\n" && line != "ended\n" {
		c.t.Fatalf("%s: %q, %v", event, line, err)
	}
}

// events are what a person does to a window, with the status of a refresh that was finished first. Windows gives
// a closed one some seconds and doesn't tell when its program has taken the event, so its refresh may be quicker
// and print its token.
var events = []struct {
	name  string
	exits []int
}{{"Ctrl-C", []int{130}}, {"Ctrl-Break", []int{130}}, {"close", []int{143, 0}}}

// R5: once the refresh token was sent no key and no closed window ends the process before the successor is on
// the disk.
func TestNoKeyEndsARefresh(t *testing.T) {
	for _, event := range events {
		t.Run(event.name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, machine.Person)
			m.Login()
			m.Expire()
			old := m.Stored().Refresh
			gate := m.Domain.Gate(idcstest.Refresh, idcstest.AfterRotation)
			c := open(m, t, machine.Git)
			if err := gate.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			c.tell(event.name)
			gate.Open()
			if r := c.Wait(); !slices.Contains(event.exits, r.Exit) || (r.Stdout == "") != (r.Exit != 0) {
				t.Errorf("%s, want exit %v", r, event.exits)
			}
			if m.Stored().Refresh == old || m.Sending() != 0 {
				t.Error("the successor isn't stored")
			}
			n := m.Domain.Posts(idcstest.Refresh)
			if r := m.Do(machine.Token); r.Exit != 0 || m.Domain.Posts(idcstest.Refresh) != n {
				t.Errorf("the next call: %s, with %d refreshes", r, m.Domain.Posts(idcstest.Refresh)-n)
			}
			m.Chain()
			m.Litter()
		})
	}
}

// Before that it ends at once, and nothing is noted or left.
func TestAKeyBeforeSendingEndsAtOnce(t *testing.T) {
	for _, event := range events {
		t.Run(event.name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, machine.Person)
			m.Login()
			m.Expire()
			before := m.Domain.Posts(idcstest.Refresh)
			gate := m.Domain.Gate("", idcstest.Accepted)
			c := open(m, t, machine.Git)
			if err := gate.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			c.tell(event.name)
			if r := c.Wait(); r.Stdout != "" {
				t.Errorf("%s, want no token", r)
			}
			gate.Open()
			if n := m.Domain.Posts(idcstest.Refresh) - before; n != 0 || m.Sending() != 0 {
				t.Errorf("%d refreshes, noted by %d", n, m.Sending())
			}
			if r := m.Do(machine.Token); r.Exit != 0 {
				t.Errorf("the next call: %s", r)
			}
			m.Chain()
			m.Litter()
		})
	}
}

// Who waits for another's refresh ends at once, and that one is finished.
func TestAKeyEndsWhoWaitsForTheLock(t *testing.T) {
	for _, event := range events {
		t.Run(event.name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, machine.Person)
			m.Login()
			m.Expire()
			gate := m.Domain.Gate(idcstest.Refresh, idcstest.AfterRotation)
			first := m.Start(machine.Git)
			if err := gate.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			before := m.Domain.Posts(idcstest.Refresh)
			waits := &line{part: "zone=", seen: make(chan struct{})}
			call := machine.Docker.With("CREDENTIAL_IDCS_DEBUG=1")
			call.Alter = func(cmd *exec.Cmd) { cmd.Stderr = waits }
			c := open(m, t, call)
			<-waits.seen
			c.tell(event.name)
			if r := c.Wait(); r.Stdout != "" {
				t.Errorf("%s, want no token", r)
			}
			gate.Open()
			if r := first.Wait(); r.Exit != 0 || r.Secret() == "" {
				t.Errorf("who refreshes: %s", r)
			}
			if n := m.Domain.Posts(idcstest.Refresh) - before; n != 0 {
				t.Errorf("%d more refreshes", n)
			}
			m.Chain()
			m.Litter()
		})
	}
}

// A login that waits for a person ends at once, stores nothing, and another one works.
func TestAKeyEndsALoginThatWaits(t *testing.T) {
	for _, event := range events {
		t.Run(event.name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, machine.Person)
			kind := m.Profile.Login
			m.Profile.Login = "device"
			m.Configure()
			waits := &line{part: "enter the code", seen: make(chan struct{})}
			c := open(m, t, machine.Call{
				Name: machine.People, Args: []string{"login", "work"},
				Alter: func(cmd *exec.Cmd) { cmd.Stderr = waits },
			})
			<-waits.seen
			c.tell(event.name)
			if r := c.Wait(); strings.Contains(waits.text.String(), "logged in") || slices.Contains(m.Left(), ".json") {
				t.Errorf("%s, left: %q", r, m.Left())
			}
			m.Profile.Login = kind
			m.Configure()
			m.Login()
			m.Chain()
		})
	}
}

// A line closes seen once a part of it was written.
type line struct {
	part string
	seen chan struct{}
	once sync.Once
	text strings.Builder
}

func (l *line) Write(b []byte) (int, error) {
	l.text.Write(b)
	if strings.Contains(l.text.String(), l.part) {
		l.once.Do(func() { close(l.seen) })
	}
	return len(b), nil
}
