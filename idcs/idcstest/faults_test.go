package idcstest

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
)

// begin sends a refresh over a connection of its own and returns it, to read the raw answer.
func begin(t *testing.T, s *Server, token string) *tls.Conn {
	t.Helper()
	c, err := tls.Dial("tcp", s.host, &tls.Config{RootCAs: s.CA.Pool()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := request(t, s, "/oauth2/v1/token", refreshForm(token), withBasic(s)).Write(c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestFaultsAtEachPoint(t *testing.T) {
	isReset := func(err error) bool { // Wine tells of some as of an end
		return errors.Is(err, connReset) || runtime.GOOS == "windows" && errors.Is(err, io.EOF)
	}
	isEOF := func(err error) bool { return errors.Is(err, io.EOF) }
	isCut := func(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }
	for _, row := range []struct {
		f       Fault
		fails   func(error) bool
		posts   int
		rotated bool
	}{
		{Fault{At: Accepted, Do: Reset}, isReset, 0, false},
		{Fault{At: Accepted, Do: Close}, nil, 0, false},
		{Fault{At: Hello, Do: Reset}, isReset, 0, false},
		{Fault{At: Handshaken, Do: Reset}, nil, 0, false},
		{Fault{On: "token", At: Headers, Do: Reset}, nil, 0, false},
		{Fault{On: Refresh, At: RequestRead, Do: Reset}, isReset, 1, false},
		{Fault{On: Refresh, Do: Close}, isEOF, 1, false},
		{Fault{On: Refresh, At: AfterRotation, Do: Reset}, isReset, 1, true},
		{Fault{On: Refresh, At: AfterRotation, Do: Cut}, nil, 1, true},
		{Fault{On: Refresh, At: BeforeBody, Do: Close}, isCut, 1, true},
		{Fault{On: Refresh, Byte: 1, Do: Reset}, isReset, 1, true},
		{Fault{On: Refresh, Byte: 40, Do: Close}, isCut, 1, true},
	} {
		s := Start(t, Options{})
		s.Script(row.f)
		token := s.NewLogin(s.SecretClient.ID, myScopes)
		_, err := try(s, request(t, s, "/oauth2/v1/token", refreshForm(token), withBasic(s)))
		if err == nil || row.fails != nil && !row.fails(err) {
			t.Errorf("%+v: %v", row.f, err)
		}
		if s.Posts(Refresh) != row.posts || s.Alive(token) == row.rotated {
			t.Errorf("%+v: %d posts, alive %v", row.f, s.Posts(Refresh), s.Alive(token))
		}
		s.Unscript()
		refreshOnce(t, s, token)
	}
}

func TestStallsHoldUntilTheClientLeaves(t *testing.T) {
	for _, at := range []Point{Accepted, Hello, Handshaken, Headers, RequestRead, BeforeRotation, AfterRotation, BeforeBody, MidBody} {
		s := Start(t, Options{})
		s.Script(Fault{At: at, Do: Stall})
		ctx := context5(t)
		short := make(chan error, 1)
		req := request(t, s, "/oauth2/v1/token", refreshForm(s.NewLogin(s.SecretClient.ID, myScopes)), withBasic(s))
		transport := client(s).Transport.(*http.Transport)
		raw := make(chan net.Conn, 1)
		transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, network, address)
			raw <- c
			return c, err
		}
		go func() {
			res, err := transport.RoundTrip(req)
			if err == nil {
				_, err = io.ReadAll(res.Body)
			}
			short <- err
		}()
		stalls := func() bool { return strings.Contains(s.JournalText(), "stall at") }
		if err := s.Await(ctx, func(Counts) bool { return stalls() }); err != nil {
			t.Fatalf("%s: %v", at, err)
		}
		select {
		case err := <-short:
			t.Errorf("%s: ended with %v", at, err)
		default:
		}
		_ = (<-raw).Close()
		if err := <-short; err == nil {
			t.Errorf("%s: no error", at)
		}
	}
}

func TestHalfClose(t *testing.T) {
	s := Start(t, Options{})
	s.Script(Fault{On: Refresh, Do: HalfClose})
	c := begin(t, s, s.NewLogin(s.SecretClient.ID, myScopes))
	if b, err := io.ReadAll(c); len(b) != 0 || err != nil {
		t.Errorf("read %q, %v", b, err)
	}
	if got := s.Counts().InFlight; got != 1 {
		t.Errorf("%d in flight: it doesn't wait for us", got)
	}
}

// More than this of each stream nobody needs to see; the client hangs up and the server lets go.
func TestStreams(t *testing.T) {
	for stream, want := range map[Stream]string{
		Chunks:   "Transfer-Encoding: chunked",
		Huge:     "Content-Length: 1073741824",
		GzipBomb: "Content-Encoding: gzip",
		Flood:    "X-Flood: xxx",
		Interim:  "HTTP/1.1 102",
	} {
		s := Start(t, Options{})
		s.Script(Fault{On: Refresh, Stream: stream, Status: 200})
		c := begin(t, s, s.NewLogin(s.SecretClient.ID, myScopes))
		b, err := io.ReadAll(io.LimitReader(c, 200<<10))
		if err != nil || len(b) < 200<<10 || !strings.Contains(string(b), want) {
			t.Errorf("%s: %d bytes, %v, %.200q", stream, len(b), err, b)
		}
		_ = c.Close()
		if err := s.Await(context5(t), func(n Counts) bool { return n.InFlight == 0 }); err != nil {
			t.Errorf("%s goes on: %v", stream, err)
		}
	}
}

func TestTrickleComesByteByByte(t *testing.T) {
	s := Start(t, Options{})
	s.Script(Fault{On: Refresh, Stream: Trickle, Every: time.Microsecond})
	token := s.NewLogin(s.SecretClient.ID, myScopes)
	r := refreshOnce(t, s, token)
	wantOK(t, r)
	if s.Alive(token) || !s.Alive(r.text("refresh_token")) {
		t.Error("no rotation")
	}
}

func TestRawAnswer(t *testing.T) {
	s := Start(t, Options{})
	s.Script(Fault{On: Refresh, Raw: "SSH-2.0-x\r\n"})
	c := begin(t, s, s.NewLogin(s.SecretClient.ID, myScopes))
	if line, err := bufio.NewReader(c).ReadString('\n'); line != "SSH-2.0-x\r\n" || err != nil {
		t.Errorf("%q %v", line, err)
	}
}

func TestDelayDropsARequestWhoseClientLeft(t *testing.T) {
	s := Start(t, Options{})
	s.Script(Fault{On: Refresh, Nth: 1, Delay: time.Hour})
	token := s.NewLogin(s.SecretClient.ID, myScopes)
	c := begin(t, s, token)
	if err := s.Await(context5(t), func(n Counts) bool { return n.InFlight == 1 }); err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	if err := s.Await(context5(t), func(n Counts) bool { return n.InFlight == 0 }); err != nil {
		t.Fatal(err)
	}
	wantOK(t, refreshOnce(t, s, token))
}

func TestGatesStopEachPoint(t *testing.T) {
	for _, at := range []Point{Accepted, Hello, Handshaken, Headers, RequestRead, BeforeRotation, AfterRotation, BeforeBody, MidBody, Answered} {
		for _, opens := range []bool{true, false} {
			s := Start(t, Options{})
			token := s.NewLogin(s.SecretClient.ID, myScopes)
			g := s.Gate("", at)
			answered := make(chan error, 1)
			go func() {
				_, err := try(s, request(t, s, "/oauth2/v1/token", refreshForm(token), withBasic(s)))
				answered <- err
			}()
			if err := g.Wait(context5(t)); err != nil {
				t.Fatal(err)
			}
			rotated := at == AfterRotation || at == BeforeBody || at == MidBody || at == Answered
			if s.Alive(token) == rotated {
				t.Errorf("%s: alive %v", at, !rotated)
			}
			if opens {
				g.Open()
			} else {
				g.Drop()
			}
			if err := <-answered; (err == nil) != opens && at != Answered {
				t.Errorf("%s, opens %v: %v", at, opens, err)
			}
		}
	}
}

func TestOutage(t *testing.T) {
	s := Start(t, Options{})
	token := s.NewLogin(s.SecretClient.ID, myScopes)
	s.Stop()
	if _, err := try(s, request(t, s, "/oauth2/v1/token", refreshForm(token), withBasic(s))); !errors.Is(err, connRefused) {
		t.Errorf("down: %v", err)
	}
	if err := s.Resume(); err != nil {
		t.Fatal(err)
	}
	wantOK(t, refreshOnce(t, s, token))
}

func TestWrongCertificates(t *testing.T) {
	s := Start(t, Options{})
	expired, err := s.CA.IssueUntil(time.Now().Add(-time.Hour), "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	s.SetTLS(&tls.Config{Certificates: []tls.Certificate{expired}})
	if _, err := try(s, request(t, s, "/oauth2/v1/token", "", withBasic(s))); err == nil || !strings.Contains(err.Error(), "expired") {
		t.Errorf("%v", err)
	}
	other, err := s.TLSConfig("other.example.com")
	if err != nil {
		t.Fatal(err)
	}
	s.SetTLS(other)
	if _, err := try(s, request(t, s, "/oauth2/v1/token", "", withBasic(s))); err == nil || !strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("%v", err)
	}
	if n := s.Counts(); n.Requests != 0 || n.Handshakes != 0 {
		t.Errorf("%+v", n)
	}
}
