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
	"slices"
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

func TestScriptedAnswers(t *testing.T) {
	for _, row := range []struct {
		f       Fault
		status  int
		body    string // a part of it
		header  string // "Name: value"
		rotated bool
	}{
		{Fault{Status: 500}, 500, "", "", false},
		{Fault{Status: 503, Body: "<html>", Header: http.Header{"Content-Type": {"text/html"}}}, 503, "<html>", "Content-Type: text/html", false},
		{Fault{Status: 401}, 401, "", "", false},
		{Fault{Status: 429, Header: http.Header{"Retry-After": {"7"}}}, 429, "", "Retry-After: 7", false},
		{Fault{Status: 429}, 429, "", "Retry-After: ", false},
		{Fault{Status: 307, Header: http.Header{"Location": {"https://a.example.com/"}}}, 307, "", "Location: https://a.example.com/", false},
		{Fault{At: AfterRotation, Status: 502}, 502, "", "", true},
		{Fault{Body: "{garbage"}, 200, "{garbage", "", false},
		{Fault{Error: "invalid_client", Status: 401, ECID: "A^b"}, 401, `"ecid":"A^b"`, "", false},
		{Fault{Set: map[string]string{"expires_in": `"3600"`}}, 200, `"expires_in":"3600"`, "", true},
		{Fault{Set: map[string]string{"expires_in": `1e30`}}, 200, `"expires_in":1e30`, "", true},
		{Fault{Set: map[string]string{"expires_in": `[]`}}, 200, `"expires_in":[]`, "", true},
		{Fault{Set: map[string]string{"access_token": `7`}}, 200, `"access_token":7`, "", true},
		{Fault{Set: map[string]string{"refresh_token": `null`}}, 200, `"refresh_token":null`, "", false},
		{Fault{NoDate: true}, 200, "access_token", "Date: ", true},
	} {
		s := Start(t, Options{})
		row.f.On = Refresh
		s.Script(row.f)
		token := s.NewLogin(s.SecretClient.ID, myScopes)
		r := refreshOnce(t, s, token)
		name, value, _ := strings.Cut(row.header, ": ")
		if r.status != row.status || !strings.Contains(r.body, row.body) || name != "" && r.header.Get(name) != value {
			t.Errorf("%+v: %d %.300s %v", row.f, r.status, r.body, r.header)
		}
		if s.Alive(token) == row.rotated {
			t.Errorf("%+v: alive %v", row.f, s.Alive(token))
		}
	}
}

func TestDroppedMembers(t *testing.T) {
	s := Start(t, Options{})
	s.Script(Fault{On: Refresh, Drop: []string{"refresh_token", "expires_in"}})
	token := s.NewLogin(s.SecretClient.ID, myScopes)
	for range 2 { // the token stays good, so it may come again
		r := refreshOnce(t, s, token)
		wantOK(t, r)
		if len(r.members) != 2 {
			t.Error(r.body)
		}
	}
}

func TestAScriptNeverHidesAMistake(t *testing.T) {
	s := Start(t, Options{})
	s.Script(Fault{Status: 503})
	wantError(t, post(t, s, "/oauth2/v1/token", refreshForm("AQIDBAUx=")+"&x=y", withBasic(s)), 400, "invalid_request")
}

func TestNthAndOnwards(t *testing.T) {
	s := Start(t, Options{})
	s.Script(Fault{On: Refresh, Nth: 2, Status: 500}, Fault{On: "token", Nth: 4, Onwards: true, Status: 502})
	var got []int
	token := s.NewLogin(s.SecretClient.ID, myScopes)
	for range 5 {
		r := refreshOnce(t, s, token)
		if got = append(got, r.status); r.status == 200 {
			token = r.text("refresh_token")
		}
	}
	if want := []int{200, 500, 200, 502, 502}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestScriptRefusesWhatNeverFires(t *testing.T) {
	s := Start(t, Options{})
	for _, f := range []Fault{{On: Refresh, At: Headers}, {On: "token", At: Accepted}, {On: "refresh"}, {Set: map[string]string{"a": "{"}}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v: taken", f)
				}
			}()
			s.Script(f)
		}()
	}
}

func TestDateOffset(t *testing.T) {
	s := Start(t, Options{})
	s.Script(Fault{DateOffset: -10 * time.Minute})
	r := refreshOnce(t, s, s.NewLogin(s.SecretClient.ID, myScopes))
	if d, err := http.ParseTime(r.header.Get("Date")); err != nil || time.Since(d) < 9*time.Minute {
		t.Errorf("Date %s", r.header.Get("Date"))
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
