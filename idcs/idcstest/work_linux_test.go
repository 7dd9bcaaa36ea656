package idcstest

import (
	"crypto/tls"
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// The domain deals with what had arrived before a kill, and only then with what the next process sends: Killed
// returns when it has.
func TestWhatArrivedBeforeAKillIsJudgedBeforeIt(t *testing.T) {
	s := Start(t, Options{Rotation: StrictRevoke})
	for range 50 {
		token := s.NewLogin(s.SecretClient.ID, myScopes)
		tcp, err := net.Dial("tcp", s.host)
		if err != nil {
			t.Fatal(err)
		}
		c := tls.Client(tcp, &tls.Config{RootCAs: s.CA.Pool(), ServerName: "127.0.0.1"})
		if err := request(t, s, "/oauth2/v1/token", refreshForm(token), withBasic(s)).Write(c); err != nil {
			t.Fatal(err)
		}
		arrived(t, tcp.(*net.TCPConn))
		s.Killed()
		if n := s.Counts().Presentations[Digest(token)]; n != 1 {
			t.Fatalf("%d presentations when Killed returned", n)
		}
		_ = tcp.Close()
		wantError(t, refreshOnce(t, s, token), 400, "invalid_grant")
		if got := s.Lost(token); got != "its client was killed" {
			t.Errorf("%q", got)
		}
	}
}

// arrived returns when the other end's kernel has all that was written.
func arrived(t *testing.T, c *net.TCPConn) {
	t.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	for left := 1; left > 0; {
		_ = raw.Control(func(fd uintptr) { left, err = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) })
		if err != nil {
			t.Fatal(err)
		}
	}
}
