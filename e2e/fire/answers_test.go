//go:build linux

package fire

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// inBody is in the scripted bodies and must never reach a person.
const inBody = "6e6f742d666f722d796f75"

func html(status int) idcstest.Fault {
	return idcstest.Fault{Status: status, Header: http.Header{"Content-Type": {"text/html"}}, Body: "<html>" + inBody + "</html>"}
}

func redirect(status int, to string) idcstest.Fault {
	return idcstest.Fault{Status: status, Header: http.Header{"Location": {to}}}
}

func retryAfter(status int, value string) idcstest.Fault {
	return idcstest.Fault{Status: status, Header: http.Header{"Retry-After": {value}}}
}

// R12, A3.1, A3.5: Whatever the domain answers in place of a token: one request, a class of failure that all share, the
// live token served meanwhile, and a refresh token that is as good as before.
func TestWhateverTheDomainAnswers(t *testing.T) {
	for _, test := range []struct {
		name  string
		fault idcstest.Fault
		exit  int
	}{
		{"500", idcstest.Fault{Status: 500, Body: inBody}, 4},
		{"500 with JSON", idcstest.Fault{Status: 500, Body: `{"error":"server_error"}`}, 4},
		{"501", html(501), 4},
		{"502", html(502), 4},
		{"504", idcstest.Fault{Status: 504}, 4},
		{"503", html(503), 4},
		{"503 with Retry-After", retryAfter(503, "30"), 4},
		{"503 temporarily_unavailable", idcstest.Fault{Status: 503, Error: "temporarily_unavailable"}, 4},
		{"429", html(429), 4},
		{"429 with a time past", retryAfter(429, "Mon, 02 Jan 2006 15:04:05 GMT"), 4},
		{"408", idcstest.Fault{Status: 408}, 4},
		{"200 with HTML", html(200), 4},
		{"200 with nothing", idcstest.Fault{Status: 200}, 4},
		{"204", idcstest.Fault{Status: 204}, 4},
		{"200 cut", idcstest.Fault{Raw: "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"access_token\":\""}, 4},
		{"header cut", idcstest.Fault{Raw: "HTTP/1.1 200 OK\r\nContent-"}, 4},
		{"one byte", idcstest.Fault{Raw: "H"}, 4},
		{"no HTTP", idcstest.Fault{Raw: "SSH-2.0-" + inBody + "\r\n"}, 4},
		{"two lengths", idcstest.Fault{Raw: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}"}, 4},
		{"garbage", idcstest.Fault{Status: 200, Body: `{"access_token":` + inBody}, 4},
		{"an array", idcstest.Fault{Status: 200, Body: `["` + inBody + `"]`}, 4},
		{"null", idcstest.Fault{Status: 200, Body: `null`}, 4},
		{"404", html(404), 4},
		{"400 without an error", idcstest.Fault{Status: 400, Body: "{}"}, 4},
		{"200 with an error", idcstest.Fault{Status: 200, Body: `{"error":"server_error"}`}, 1},
		{"200 without a token", idcstest.Fault{Status: 200, Body: `{"token_type":"Bearer"}`}, 1},
		{"an unknown error", idcstest.Fault{Error: "out_of_" + "cheese"}, 1},
		{"401", html(401), 5},
		{"403", html(403), 5},
		{"invalid_client", idcstest.Fault{Status: 401, Error: "invalid_client"}, 5},
		{"invalid_scope", idcstest.Fault{Error: "invalid_scope"}, 5},
		{"invalid_request", idcstest.Fault{Error: "invalid_request"}, 5},
		{"unauthorized_client", idcstest.Fault{Error: "unauthorized_client"}, 5},
		{"unsupported_grant_type", idcstest.Fault{Error: "unsupported_grant_type"}, 5},
		{"reset", idcstest.Fault{At: idcstest.RequestRead, Do: idcstest.Reset}, 4},
		{"closed", idcstest.Fault{At: idcstest.RequestRead, Do: idcstest.Close}, 4},
		{"cut off", idcstest.Fault{At: idcstest.RequestRead, Do: idcstest.Cut}, 4},
		{"half closed", idcstest.Fault{At: idcstest.RequestRead, Do: idcstest.HalfClose}, 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.fault.On = idcstest.Refresh
			s := alive(t, machine.Person, idcstest.Options{})
			s.fails(test.fault, test.exit, 1)
		})
	}
	for _, point := range []idcstest.Point{idcstest.Accepted, idcstest.Hello} {
		for _, do := range []idcstest.Do{idcstest.Reset, idcstest.Cut} {
			t.Run(fmt.Sprintf("%s, %s", do, point), func(t *testing.T) {
				s := alive(t, machine.Person, idcstest.Options{})
				s.fails(idcstest.Fault{At: point, Do: do}, 4, 0)
			})
		}
	}
	t.Run("reset, headers", func(t *testing.T) {
		s := alive(t, machine.Person, idcstest.Options{})
		s.fails(idcstest.Fault{At: idcstest.Headers, Do: idcstest.Reset}, 4, 0) // counted when read whole
	})
	t.Run("down", func(t *testing.T) {
		s := alive(t, machine.Person, idcstest.Options{})
		s.Domain.Stop()
		s.failsNow(4, 0)
		if err := s.Domain.Resume(); err != nil {
			t.Fatal(err)
		}
		s.Chain()
	})
}

// fails scripts an answer for the refresh of a token that lives, and asserts what is promised of any.
func (s *scene) fails(f idcstest.Fault, exit, posts int) {
	s.Helper()
	s.Domain.Script(f)
	s.failsNow(exit, posts)
	s.Domain.Unscript()
	s.Chain()
}

func (s *scene) failsNow(exit, posts int) {
	s.Helper()
	stored := s.Stored()
	var rss int64
	check := func(r machine.Result) machine.Result {
		if rss = max(rss, r.MaxRSS); strings.Contains(r.Stdout+r.Stderr, inBody) {
			s.Errorf("the body got out: %s", r)
		}
		return r
	}
	begun, first := time.Now(), s.Do
	if posts > 0 {
		first = s.early
	}
	if got := s.served(check(first(machine.Git))); got != stored.Access {
		s.Errorf("not the stored token")
	}
	if late := time.Now().Add(-5 * time.Second); late.After(begun) { // the failure was the last that it did
		begun = late
	}
	s.Expire()
	results := []machine.Result{check(s.Do(machine.Git)), check(s.Do(machine.Docker)), check(s.Do(machine.Token))}
	s.failed(exit, "profile work: ", results...)
	s.paused(posts, begun)
	if s.Stored().Refresh != stored.Refresh || s.Marked() {
		s.Errorf("the refresh token changed, or is given up")
	}
	s.small(rss)
	s.Litter()
}

// small asserts that a call took less than 64 MiB. The kernel counts the memory of whoever started a
// process before exec, so nothing can be said in a test that is itself large, as under -race.
func (s *scene) small(rss int64) {
	s.Helper()
	if nothing := s.Do(machine.Call{Name: machine.People, Args: []string{"version"}}); nothing.MaxRSS > 32<<20 {
		s.Logf("memory isn't judged: %d MiB for nothing", nothing.MaxRSS>>20)
		return
	}
	if rss > 64<<20 {
		s.Errorf("took %d MiB of memory", rss>>20)
	}
}

// A3.2, A3.3: What is slow, or has no end, is given up in time and costs little memory.
func TestAnswersWithoutAnEnd(t *testing.T) {
	t.Parallel() // nearly all of it waits, see slow
	for _, test := range []struct {
		name  string
		fault idcstest.Fault
		posts int
	}{
		{"stall", idcstest.Fault{Do: idcstest.Stall}, 1},
		{"trickle", idcstest.Fault{Status: 200, Body: strings.Repeat(" ", 100), Stream: idcstest.Trickle}, 1},
		{"chunks", idcstest.Fault{Status: 200, Stream: idcstest.Chunks}, 1},
		{"1 GiB", idcstest.Fault{Status: 200, Stream: idcstest.Huge}, 1},
		{"gzip bomb", idcstest.Fault{Status: 200, Stream: idcstest.GzipBomb}, 1},
		{"100 MiB of header", idcstest.Fault{Status: 200, Stream: idcstest.Flood}, 1},
		{"102 for ever", idcstest.Fault{Status: 200, Stream: idcstest.Interim}, 1},
		{"stall, accepted", idcstest.Fault{At: idcstest.Accepted, Do: idcstest.Stall}, 0},
		{"stall, hello", idcstest.Fault{At: idcstest.Hello, Do: idcstest.Stall}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			slow(t)
			if test.posts > 0 {
				test.fault.On = idcstest.Refresh
			}
			s := alive(t, machine.Person, idcstest.Options{})
			begun := time.Now()
			s.fails(test.fault, 4, test.posts)
			if d := time.Since(begun); d > 60*time.Second {
				t.Errorf("took %v, the bound is 25 s", d)
			}
		})
	}
}

// An outage of any length costs no login.
func TestLongOutage(t *testing.T) {
	s := set(t, machine.Person, idcstest.Options{})
	s.Domain.Script(html(502))
	n := repeat(t, 20)
	for range n {
		if r := s.Do(machine.Refresh); r.Exit != 4 { // a person's, which no pause stops
			t.Fatalf("%s", r)
		}
	}
	s.posts(n)
	if s.Marked() {
		t.Errorf("the refresh token is given up")
	}
	s.Domain.Unscript()
	s.Chain()
}

// A3.4: No redirect is followed. A second server, of whatever kind, never hears of it.
func TestRedirects(t *testing.T) {
	second := idcstest.Start(t, idcstest.Options{})
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan struct{}, 1)
	served := make(chan struct{})
	go func() {
		defer close(served)
		for {
			c, err := plain.Accept()
			if err != nil {
				return
			}
			heard <- struct{}{}
			_ = c.Close()
		}
	}()
	for _, status := range []int{301, 302, 303, 307, 308} {
		for name, to := range map[string]string{
			"other": second.URL() + "/oauth2/v1/token", "http": "http://" + plain.Addr().String() + "/oauth2/v1/token", "same": "", "nowhere": "-",
		} {
			t.Run(fmt.Sprintf("%d %s", status, name), func(t *testing.T) {
				s := alive(t, machine.Person, idcstest.Options{})
				f := redirect(status, to)
				switch name {
				case "same":
					f = redirect(status, s.Domain.URL()+"/oauth2/v1/token")
				case "nowhere":
					f = idcstest.Fault{Status: status, Body: inBody}
				}
				f.On = idcstest.Refresh
				s.fails(f, 5, 1)
			})
		}
	}
	_ = plain.Close()
	<-served
	if len(heard) > 0 || second.Counts().Connections > 0 {
		t.Errorf("a redirect was followed")
	}
}
