//go:build linux

package fire

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// deadHost is the domain's name where it is a name.
const deadHost = "idcs-dead.example.com"

// blackHole is a port, on all addresses of loopback, at which packets for new connections are dropped:
// its queue is full and nobody accepts.
func blackHole(t *testing.T) (port string) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	if err := unix.Bind(fd, &unix.SockaddrInet4{}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	port = fmt.Sprint(name.(*unix.SockaddrInet4).Port)
	failed := 0
	for range 8 {
		c, err := net.DialTimeout("tcp", "127.0.0.1:"+port, 200*time.Millisecond)
		if err == nil {
			failed = 0
			t.Cleanup(func() { _ = c.Close() })
		} else if failed++; failed == 3 { // one may come of a machine with much to do
			return port
		}
	}
	t.Fatal("the queue doesn't fill")
	return ""
}

// silentDNS is a name server on the port of DNS that answers nothing.
func silentDNS(t *testing.T) (address string) {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.53.53.53:53")
	if err != nil {
		t.Skipf("only root may listen at the port of DNS: %v", err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return "127.53.53.53"
}

// withNames runs calls where /etc/hosts and /etc/resolv.conf are others.
func withNames(t *testing.T, hosts, resolv string) (under []string) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{"hosts": hosts, "resolv.conf": resolv} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return []string{"unshare", "-rm", "/bin/sh", "-c",
		`mount --bind "$0/hosts" /etc/hosts && mount --bind "$0/resolv.conf" /etc/resolv.conf && exec "$@"`, dir}
}

// Whatever keeps a connection from coming up: the token that lives is answered, an expired one costs 9 s
// at most and exit 4, those who wait share the failure, and the refresh token was never at stake.
func TestNoWayToTheDomain(t *testing.T) {
	t.Parallel() // nearly all of it waits, see slow
	userNamespace(t)
	var many strings.Builder
	for i := range 20 {
		fmt.Fprintf(&many, "127.0.66.%d %s\n", i+1, deadHost)
	}
	for _, test := range []struct {
		name, text string
		way        func(t *testing.T) (domain string, under []string)
	}{
		{"black hole", "no connection to the domain within 10s", func(t *testing.T) (string, []string) {
			return "https://127.0.0.1:" + blackHole(t), nil
		}},
		{"20 black holes", "no connection to the domain within 10s", func(t *testing.T) (string, []string) {
			return "https://" + deadHost + ":" + blackHole(t), withNames(t, many.String(), "")
		}},
		{"20 addresses that refuse", "connection refused", func(t *testing.T) (string, []string) {
			return "https://" + deadHost + ":1", withNames(t, many.String(), "")
		}},
		{"no name server", "its name can't be looked up", func(t *testing.T) (string, []string) {
			return "https://" + deadHost, withNames(t, "127.0.0.1 localhost\n", "nameserver 127.0.67.1\n") // nobody is there
		}},
		{"a silent name server", "no connection to the domain within 10s", func(t *testing.T) (string, []string) {
			return "https://" + deadHost, withNames(t, "127.0.0.1 localhost\n", "nameserver "+silentDNS(t)+"\n")
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			slow(t)
			s := set(t, machine.Alone, idcstest.Options{})
			domain, under := test.way(t)
			s.move(domain, under)
			stored := s.Stored()
			s.Leave(10 * time.Minute)
			if r := s.Do(machine.Git.Under(under...)); s.served(r) != stored.Access || r.Took > 15*time.Second {
				t.Errorf("alive: %s", r)
			}
			s.Expire()
			if err := os.Remove(s.File(".state")); err != nil { // with the pause that the first attempt began
				t.Fatal(err)
			}
			var calls []machine.Call
			for _, c := range machine.Mixed(8) {
				calls = append(calls, c.Under(under...))
			}
			results := s.Crowd(calls...)
			s.failed(4, test.text, results...)
			for _, r := range results {
				if r.Took > 27*time.Second {
					t.Errorf("the bound is 9 s: %s", r)
				}
			}
			if s.Stored().Refresh != stored.Refresh || s.Sending() != 0 {
				t.Errorf("the refresh token was at stake")
			}
			s.posts(0)
			s.grants(idcstest.Assertion, 0)
			s.Litter()
		})
	}
}

// move gives the profile a domain at another address, as if it had moved there with its tokens.
func (s *scene) move(domain string, under []string) {
	s.Helper()
	if _, err := url.Parse(domain); err != nil {
		s.Fatal(err)
	}
	from := s.File("")
	s.Profile.Domain = domain
	s.Configure()
	if r := s.Do(machine.Token.Under(under...)); r.Exit != 4 { // leaves a lock and a pause, by which the new key is known
		s.Fatalf("%s", r)
	}
	locks, _ := filepath.Glob(filepath.Join(s.Cache, "*.lock"))
	for _, lock := range locks {
		if to := strings.TrimSuffix(lock, ".lock"); to != from {
			if err := os.Rename(from+".json", to+".json"); err != nil {
				s.Fatal(err)
			}
			if err := os.Remove(to + ".state"); err != nil {
				s.Fatal(err)
			}
		}
	}
	_ = os.Remove(from + ".state")
	if err := os.Remove(from + ".lock"); err != nil {
		s.Fatal(err)
	}
}
