package idcstest

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// lost presents a token whose answer never arrives.
func lost(t *testing.T, s *Server, token string) {
	t.Helper()
	if r, err := try(s, request(t, s, "/oauth2/v1/token", refreshForm(token), withBasic(s))); err == nil {
		t.Fatalf("an answer came: %d %s", r.status, r.body)
	}
}

func TestI1AllowsWhatWasLostByScript(t *testing.T) {
	s := Start(t, Options{})
	s.Script(Fault{On: Refresh, Nth: 1, At: BeforeRotation, Do: Reset}, Fault{On: Refresh, Nth: 2, Status: 503},
		Fault{On: Refresh, Nth: 3, At: AfterRotation, Do: Close})
	token := s.NewLogin(s.SecretClient.ID, myScopes)
	lost(t, s, token)
	if r := refreshOnce(t, s, token); r.status != 503 {
		t.Errorf("%d", r.status)
	}
	lost(t, s, token) // this one rotates
	wantError(t, refreshOnce(t, s, token), 400, "invalid_grant")
	if got := s.Counts().Presentations[Digest(token)]; got != 4 {
		t.Errorf("%d presentations", got)
	}
}

func TestI1ForbidsAReplayAfterDelivery(t *testing.T) {
	for name, excuse := range map[string]func(*Server, string){
		"none":   func(*Server, string) {},
		"killed": func(s *Server, _ string) { s.Killed() },
		"replay": func(s *Server, token string) { s.AllowReplay(token) },
	} {
		s := open(t, Options{})
		token := s.NewLogin(s.SecretClient.ID, myScopes)
		wantOK(t, refreshOnce(t, s, token))
		excuse(s, token)
		wantError(t, refreshOnce(t, s, token), 400, "invalid_grant")
		if name == "none" {
			wantBroken(t, s, "I1 broken")
		} else {
			wantBroken(t, s)
		}
	}
}

// What a process sent before it was killed may be read after the test has said so.
func TestI1AllowsWhatWasStillUnreadAtAKill(t *testing.T) {
	s := Start(t, Options{})
	token := s.NewLogin(s.SecretClient.ID, myScopes)
	g := s.Gate("token", Headers)
	c, err := tls.Dial("tcp", s.host, &tls.Config{RootCAs: s.CA.Pool()})
	if err != nil {
		t.Fatal(err)
	}
	if err := request(t, s, "/oauth2/v1/token", refreshForm(token), withBasic(s)).Write(c); err != nil {
		t.Fatal(err)
	}
	if err := g.Wait(context5(t)); err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	s.Killed()
	g.Open()
	if err := s.Await(context5(t), func(n Counts) bool { return n.Posts[Refresh] == 1 && n.InFlight == 0 }); err != nil {
		t.Fatal(err)
	}
	wantError(t, refreshOnce(t, s, token), 400, "invalid_grant")
	if got := s.Lost(token); got != "its client was killed" {
		t.Errorf("%q", got)
	}
}

// Why a successor is in nobody's hands.
func TestLostSaysWhereASuccessorWent(t *testing.T) {
	s := Start(t, Options{})
	is := func(token, want string) {
		t.Helper()
		if got := s.Lost(token); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	token := s.NewLogin(s.SecretClient.ID, myScopes)
	is(token, "")
	next := refreshOnce(t, s, token).text("refresh_token")
	is(token, "")
	s.Killed()
	is(token, "its client was killed")
	s.Script(Fault{On: Refresh, Nth: 1, Status: 503}, Fault{On: Refresh, Nth: 2, At: AfterRotation, Do: Close})
	refreshOnce(t, s, next)
	is(token, "") // somebody has it after all
	is(next, "")  // refused without being spent
	lost(t, s, next)
	is(next, "the script lost the answer")
	wantError(t, refreshOnce(t, s, next), 400, "invalid_grant")
	is(next, "the script lost the answer")
}

func TestI1AKillIsForgottenWhenTheSuccessorComes(t *testing.T) {
	s := open(t, Options{Rotation: Plain})
	token := s.NewLogin(s.SecretClient.ID, myScopes)
	next := refreshOnce(t, s, token).text("refresh_token")
	s.Killed()
	refreshOnce(t, s, next)
	wantBroken(t, s)
	refreshOnce(t, s, token)
	wantBroken(t, s, "I1 broken")
}

// A client that gives up by itself has no excuse: its request wasn't touched by the test.
func TestI1ForbidsAReplayAfterGivingUp(t *testing.T) {
	s := open(t, Options{})
	token := s.NewLogin(s.SecretClient.ID, myScopes)
	body := refreshForm(token)
	c, err := tls.Dial("tcp", s.host, &tls.Config{RootCAs: s.CA.Pool()})
	if err != nil {
		t.Fatal(err)
	}
	req := request(t, s, "/oauth2/v1/token", body, withBasic(s))
	// The server can't answer before the domain's lock is free, and by then the client has left.
	s.mu.Lock()
	if err := req.Write(c); err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	s.mu.Unlock()
	if err := s.Await(context5(t), func(n Counts) bool { return n.Posts[Refresh] == 1 && n.InFlight == 0 }); err != nil {
		t.Fatal(err)
	}
	wantError(t, refreshOnce(t, s, token), 400, "invalid_grant")
	wantBroken(t, s, "I1 broken")
}

func TestI2ForbidsTwoAtATime(t *testing.T) {
	for _, killed := range []bool{false, true} {
		s := open(t, Options{})
		token := s.NewLogin(s.SecretClient.ID, myScopes)
		g := s.Gate(Refresh, BeforeRotation)
		first := make(chan error, 1)
		go func() {
			_, err := try(s, request(t, s, "/oauth2/v1/token", refreshForm(token), withBasic(s)))
			first <- err
		}()
		if err := g.Wait(context5(t)); err != nil {
			t.Fatal(err)
		}
		if killed {
			s.Killed()
		}
		wantOK(t, refreshOnce(t, s, token))
		g.Open()
		if err := <-first; err != nil {
			t.Error(err)
		}
		if killed {
			wantBroken(t, s)
		} else {
			wantBroken(t, s, "I2 broken")
		}
	}
}

// A client that has really gone is not "at a time", even if nobody declared its end.
func TestI2KnowsWhoHasLeft(t *testing.T) {
	s := Start(t, Options{})
	s.Script(Fault{On: Refresh, Nth: 1, Do: Stall})
	token := s.NewLogin(s.SecretClient.ID, myScopes)
	c, err := tls.Dial("tcp", s.host, &tls.Config{RootCAs: s.CA.Pool()})
	if err != nil {
		t.Fatal(err)
	}
	if err := request(t, s, "/oauth2/v1/token", refreshForm(token), withBasic(s)).Write(c); err != nil {
		t.Fatal(err)
	}
	if err := s.Await(context5(t), func(n Counts) bool { return n.InFlight == 1 }); err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	wantOK(t, refreshOnce(t, s, token))
}

func TestI3ForbidsAskingAgain(t *testing.T) {
	s := open(t, Options{})
	token := s.NewLogin(s.SecretClient.ID, myScopes)
	s.EndLogin(token)
	wantError(t, refreshOnce(t, s, token), 400, "invalid_grant")
	s.TypedRefresh()
	wantError(t, refreshOnce(t, s, token), 400, "invalid_grant")
	wantBroken(t, s)
	wantError(t, refreshOnce(t, s, token), 400, "invalid_grant")
	wantBroken(t, s, "I3 broken")
	s.Script(Fault{On: Refresh, Error: "invalid_grant"})
	token = s.NewLogin(s.SecretClient.ID, myScopes)
	refreshOnce(t, s, token)
	refreshOnce(t, s, token)
	wantBroken(t, s, "I3 broken", "I3 broken")
}

func TestI5ClearText(t *testing.T) {
	s := open(t, Options{})
	c, err := net.Dial("tcp", s.host)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(c, "POST /oauth2/v1/token HTTP/1.1\r\n\r\n")
	if _, err := io.ReadAll(c); err != nil && !strings.Contains(err.Error(), "reset") {
		t.Error(err)
	}
	if got := s.Counts().PlainBytes; got < 2 {
		t.Errorf("%d plain bytes", got)
	}
	wantBroken(t, s, "I5 broken")
	token := refreshForm(s.NewLogin(s.SecretClient.ID, myScopes))
	r := post(t, s, "/oauth2/v1/token", token, withBasic(s), func(r *http.Request) { r.Host = "evil.example.com" })
	wantError(t, r, 421, "invalid_request")
	r = post(t, s, "/oauth2/v1/token", "", withBasic(s), func(r *http.Request) { r.URL.RawQuery = token })
	wantError(t, r, 400, "invalid_request")
	wantBroken(t, s, "I5 broken", "I5 broken", "I5 broken")
	if err := s.Close(); err == nil || strings.Count(err.Error(), "I5") != 3 {
		t.Errorf("Close: %v", err)
	}
}

// fakeT stands for a test that Start serves.
type fakeT struct {
	*testing.T
	cleanup func()
	errors  int
	logged  string
}

func (f *fakeT) Cleanup(c func())                { f.cleanup = c }
func (f *fakeT) Errorf(string, ...any)           { f.errors++ }
func (f *fakeT) Failed() bool                    { return f.errors > 0 }
func (f *fakeT) Logf(format string, args ...any) { f.logged += format + args[0].(string) }

func TestStartFailsTheTestOfABrokenInvariant(t *testing.T) {
	for _, breaks := range []bool{false, true} {
		f := &fakeT{T: t}
		s := Start(f, Options{})
		token := s.NewLogin(s.SecretClient.ID, myScopes)
		refreshOnce(t, s, token)
		if breaks {
			refreshOnce(t, s, token)
		}
		f.cleanup()
		if f.Failed() != breaks || strings.Contains(f.logged, "I1 broken") != breaks {
			t.Errorf("breaks %v: %d errors, logged %q", breaks, f.errors, f.logged)
		}
	}
}
