package cache

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// A domain issues tokens over loopback http and accepts each refresh token once. It is strict: a
// second presentation of a token that was replaced kills its family, as a careful domain does.
type domain struct {
	*httptest.Server
	t *testing.T

	mu        sync.Mutex
	live      map[string]bool // refresh tokens that would be accepted
	families  int
	next      int
	presented map[string]int // presentations by refresh token
	grants    int
	life      int           // seconds of the tokens it issues
	slow      time.Duration // between an answer's rotation and its delivery

	// answer, if set, takes the place of a presentation's answer: the domain has rotated by then
	// unless it says keep.
	answer func(n int) reply
	// arrived gets each presentation, and the answer waits for held, where they are set.
	arrived chan string
	held    chan struct{}
}

// A reply is an answer by script.
type reply struct {
	keep   bool // the token isn't spent
	status int  // 0: the connection is closed without an answer
	body   answer
}

// An answer is what the domain says, in its own words.
type answer struct {
	Access, Refresh, ID string
	Life                int
	Error               string
	RetryAfter          int
}

func newDomain(t *testing.T) *domain {
	d := &domain{t: t, live: map[string]bool{}, presented: map[string]int{}, life: 3600}
	d.Server = httptest.NewServer(http.HandlerFunc(d.serve))
	t.Cleanup(d.Close)
	return d
}

// login starts a family without a request.
func (d *domain) login() (access, refresh string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.families++
	return d.issue(d.families)
}

func (d *domain) issue(family int) (access, refresh string) {
	d.next++
	refresh = fmt.Sprintf("refresh-%d-%d", family, d.next)
	d.live[refresh] = true
	return fmt.Sprintf("access-%d-%d", family, d.next), refresh
}

func (d *domain) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	sent := string(body)
	if r.URL.Path == "/login" {
		a, f := d.login()
		d.mu.Lock()
		d.grants++
		life := d.life
		d.mu.Unlock()
		_ = json.NewEncoder(w).Encode(answer{Access: a, Refresh: f, Life: life})
		return
	}
	d.mu.Lock()
	d.presented[sent]++
	n := 0
	for _, c := range d.presented {
		n += c
	}
	rep := reply{status: 200}
	if d.answer != nil {
		rep = d.answer(n)
	}
	if !rep.keep && (rep.body == answer{}) {
		rep.status, rep.body = d.rotate(sent, rep.status)
	}
	arrived, held := d.arrived, d.held
	d.mu.Unlock()
	if arrived != nil {
		arrived <- sent
	}
	if held != nil {
		<-held
	}
	time.Sleep(d.slow)
	if rep.status == 0 {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			conn.Close()
		}
		return
	}
	w.WriteHeader(rep.status)
	_ = json.NewEncoder(w).Encode(rep.body)
}

// rotate spends a refresh token. A status other than 200 says that the answer goes astray.
func (d *domain) rotate(sent string, status int) (int, answer) {
	var family, n int
	if _, err := fmt.Sscanf(sent, "refresh-%d-%d", &family, &n); err != nil || !d.live[sent] {
		for token := range d.live {
			if strings.HasPrefix(token, fmt.Sprintf("refresh-%d-", family)) {
				delete(d.live, token)
			}
		}
		return 400, answer{Error: "invalid_grant"}
	}
	delete(d.live, sent)
	access, refresh := d.issue(family)
	return status, answer{Access: access, Refresh: refresh, Life: d.life}
}

// count is the number of presentations of all tokens.
func (d *domain) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := 0
	for _, c := range d.presented {
		n += c
	}
	return n
}

// script sets the answers to come.
func (d *domain) script(f func(n int) reply) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answer = f
}

// gate makes presentations wait: each is announced, and answered when release is called.
func (d *domain) gate() (arrived <-chan string, release func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a, h := make(chan string, 256), make(chan struct{})
	d.arrived, d.held = a, h
	release = sync.OnceFunc(func() {
		d.mu.Lock()
		d.arrived, d.held = nil, nil
		d.mu.Unlock()
		close(h)
	})
	d.t.Cleanup(release)
	return a, release
}

// chain fails the test unless the domain would accept what is on the disk.
func (d *domain) chain(dir *Dir, key Key) {
	d.t.Helper()
	tok, err := dir.read(dir.name(key))
	if err != nil {
		d.t.Fatalf("chain: %v", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.live[tok.Refresh.Reveal()] {
		d.t.Errorf("chain: the domain wouldn't accept what is on the disk")
	}
}

// once fails the test if a refresh token was presented twice.
func (d *domain) once() {
	d.t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	for token, n := range d.presented {
		if n > 1 {
			d.t.Errorf("%s was presented %d times", token, n)
		}
	}
}

// renewal asks the domain at url.
func renewal(url string) Renewal {
	return Renewal{
		Refresh: func(ctx context.Context, old Token, a Attempt) (Token, *Refusal) {
			return post(ctx, url, "/refresh", old.Refresh.Reveal(), a)
		},
		Client: func() string { return "client" },
	}
}

// post sends one request on a connection of its own, with Sending between the two.
func post(ctx context.Context, url, path, body string, a Attempt) (Token, *Refusal) {
	host := strings.TrimPrefix(url, "http://")
	conn, err := (&net.Dialer{Timeout: a.Connect}).DialContext(ctx, "tcp", host)
	if err != nil {
		return Token{}, &Refusal{Failure: Failure{Class: "later", Text: "no connection"}, Verdict: NotSent, Pause: PauseConnect}
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if err := a.Sending(); err != nil {
		return Token{}, &Refusal{Failure: Failure{Text: "not sent"}, Err: fmt.Errorf("sending: %w", err)}
	}
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", path, host, len(body), body)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	var said answer
	if err == nil {
		defer resp.Body.Close()
		err = json.NewDecoder(resp.Body).Decode(&said)
	}
	if err != nil {
		return Token{}, &Refusal{Failure: Failure{Class: "later", Text: "no answer"}, Verdict: Doubt, Pause: PauseAnswer}
	}
	return judgeAnswer(resp.StatusCode, said)
}

func judgeAnswer(status int, said answer) (Token, *Refusal) {
	f := Failure{Status: status, Code: said.Error, Text: fmt.Sprintf("status %d %s", status, said.Error)}
	switch {
	case said.Error == "invalid_grant":
		return Token{}, &Refusal{Failure: f, Verdict: Spent}
	case said.Error == "invalid_client":
		return Token{}, &Refusal{Failure: f, Verdict: Settled, Pause: PauseClient}
	case status == 429 || status == 503:
		return Token{}, &Refusal{Failure: f, Verdict: Settled, Pause: PauseAnswer, RetryAfter: time.Duration(said.RetryAfter) * time.Second}
	case status >= 500:
		return Token{}, &Refusal{Failure: f, Verdict: Doubt, Pause: PauseAnswer}
	case said.Access == "":
		return Token{}, &Refusal{Failure: f, Verdict: Settled, Pause: PauseAnswer, Refresh: secret.New(said.Refresh)}
	}
	t := Token{Access: secret.New(said.Access), Refresh: secret.New(said.Refresh), ID: secret.New(said.ID)}
	t.AccessStamp.Life = time.Duration(said.Life) * time.Second
	if said.ID != "" {
		t.IDStamp.Life = t.AccessStamp.Life
	}
	return t, nil
}
