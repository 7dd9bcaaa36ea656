package signin

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/idcs"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

const (
	clientID = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
	scope    = "openid urn:opc:idm:__myscopes__ offline_access"
)

func TestMain(m *testing.M) {
	if mode := os.Getenv("SIGNIN_TEST_BROWSER"); mode != "" {
		beBrowser(mode)
		return
	}
	os.Exit(m.Run())
}

// bound is when a test that hangs gives up.
func bound(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// freeRedirect is on a port that nobody holds.
func freeRedirect(t *testing.T) string {
	t.Helper()
	port, err := idcstest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("http://127.0.0.1:%d/callback", port)
}

// newDomain has one public client, with that redirect.
func newDomain(t *testing.T, o idcstest.Options, redirect string) (*idcstest.Server, *idcs.Client) {
	t.Helper()
	o.Clients = append(o.Clients, idcstest.Client{ID: clientID, RedirectURIs: []string{redirect}})
	s := idcstest.Start(t, o)
	now := time.Now
	if o.Clock != nil {
		now = o.Clock
	}
	return s, &idcs.Client{Domain: s.URL(), ClientID: clientID, Roots: s.CA.Pool(), Now: now, Rand: rand.Reader}
}

// A paper is a stderr that several may write to.
type paper struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.Write(b)
}

func (p *paper) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.String()
}

// shows waits until a text was written.
func (p *paper) shows(t *testing.T, want string) {
	t.Helper()
	for ctx := bound(t); !strings.Contains(p.String(), want); {
		select {
		case <-ctx.Done():
			t.Fatalf("%q was never shown, but %q", want, p.String())
		case <-time.After(5 * time.Millisecond): // a look, not a guess
		}
	}
}

// never is an After for tests that don't wait.
func never(time.Duration) <-chan time.Time { return nil }

// at is an After for waits that are over at once.
func at(time.Duration) <-chan time.Time {
	c := make(chan time.Time, 1)
	c <- time.Time{}
	return c
}

// A login is a Browser that runs.
type login struct {
	t        *testing.T
	domain   *idcstest.Server
	client   *idcs.Client
	redirect string
	address  string // the authorize URL
	state    string
	stderr   *paper
	cancel   context.CancelCauseFunc
	done     chan struct{}
	visit    *Visit
	err      error
}

// startLogin returns when the browser would have opened. edit changes the Person.
func startLogin(t *testing.T, o idcstest.Options, edit func(*Person)) *login {
	t.Helper()
	redirect := freeRedirect(t)
	s, c := newDomain(t, o, redirect)
	return startLoginAt(t, s, c, redirect, edit)
}

func startLoginAt(t *testing.T, s *idcstest.Server, c *idcs.Client, redirect string, edit func(*Person)) *login {
	t.Helper()
	return startLoginBack(t, s, c, Return{RedirectURL: redirect}, edit)
}

func startLoginBack(t *testing.T, s *idcstest.Server, c *idcs.Client, back Return, edit func(*Person)) *login {
	t.Helper()
	redirect := back.RedirectURL
	l := &login{t: t, domain: s, client: c, redirect: redirect, stderr: &paper{}, done: make(chan struct{})}
	opened := make(chan string, 1)
	p := Person{Profile: "work", Stderr: l.stderr, After: never, Open: func(u string) (<-chan error, error) {
		opened <- u
		return nil, nil
	}}
	if edit != nil {
		edit(&p)
	}
	if record := p.Open; p.Stdin != nil { // the person's browser is elsewhere
		p.Open = func(u string) (<-chan error, error) {
			_, _ = record(u)
			return nil, errors.New("none here")
		}
	}
	ctx, cancel := context.WithCancelCause(bound(t))
	l.cancel = cancel
	go func() {
		defer close(l.done)
		l.visit, l.err = Browser(ctx, p, c, scope, back)
	}()
	select {
	case l.address = <-opened:
	case <-l.done:
		t.Fatalf("over before the browser opened: %v", l.err)
	}
	u, err := url.Parse(l.address)
	if err != nil {
		t.Fatal(err)
	}
	l.state = u.Query().Get("state")
	t.Cleanup(func() {
		cancel(nil)
		<-l.done
		if l.visit != nil {
			l.visit.after = at // no browser may be there to fetch its page
			l.visit.Close(nil)
		}
	})
	return l
}

// back is the address that a browser comes back to.
func (l *login) back(query ...string) string {
	q := url.Values{}
	for i := 0; i < len(query); i += 2 {
		q.Add(query[i], query[i+1])
	}
	return l.redirect + "?" + q.Encode()
}

// wait is the end of Browser.
func (l *login) wait() (*Visit, error) {
	l.t.Helper()
	<-l.done
	return l.visit, l.err
}

// waits fails if Browser has ended.
func (l *login) waits() {
	l.t.Helper()
	select {
	case <-l.done:
		l.t.Fatalf("the login ended: %v", l.err)
	default:
	}
}

// A page is what an http client got.
type page struct {
	status int
	header http.Header
	body   string
	url    string // where it ended
}

// browser follows redirects or not, and trusts the domain.
func browser(roots *x509.CertPool, follow bool) *http.Client {
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true}}
	if !follow {
		c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	return c
}

func fetch(c *http.Client, req *http.Request) (page, error) {
	resp, err := c.Do(req)
	if err != nil {
		return page{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return page{resp.StatusCode, resp.Header, string(b), resp.Request.URL.String()}, err
}

// hit is one request, not followed; edit changes it.
func (l *login) hit(address string, edit func(*http.Request)) (page, error) {
	l.t.Helper()
	req, err := http.NewRequestWithContext(bound(l.t), http.MethodGet, address, nil)
	if err != nil {
		l.t.Fatal(err)
	}
	if edit != nil {
		edit(req)
	}
	return fetch(browser(nil, false), req)
}

// browse follows an address to its end, in the background.
func (l *login) browse(address string) <-chan page {
	out := make(chan page, 1)
	req, err := http.NewRequestWithContext(bound(l.t), http.MethodGet, address, nil)
	if err != nil {
		l.t.Fatal(err)
	}
	go func() {
		got, err := fetch(browser(l.domain.CA.Pool(), true), req)
		if err != nil {
			got.body = "fetch failed: " + err.Error()
		}
		out <- got
	}()
	return out
}

// beBrowser is what the test binary does when it was started as a browser.
func beBrowser(mode string) {
	fmt.Println("browser chatter on stdout")
	fmt.Fprintln(os.Stderr, "browser chatter on stderr")
	stdin, _ := io.ReadAll(os.Stdin)
	roots := x509.NewCertPool()
	pem, _ := os.ReadFile(os.Getenv("SIGNIN_TEST_CA"))
	roots.AppendCertsFromPEM(pem)
	if mode == "fails" {
		os.Exit(3)
	}
	req, err := http.NewRequest(http.MethodGet, os.Args[len(os.Args)-1], nil)
	if err != nil {
		os.Exit(4)
	}
	got, err := fetch(browser(roots, true), req)
	if err != nil {
		got.body = err.Error()
	}
	dir, _ := os.Getwd()
	report := strings.Join([]string{
		"pid " + fmt.Sprint(os.Getpid()), "args " + strings.Join(os.Args[1:], " "), "stdin " + string(stdin),
		"dir " + dir, "env " + strings.Join(os.Environ(), " "), "url " + got.url, "body " + got.body,
	}, "\n")
	out := os.Getenv("SIGNIN_TEST_OUT")
	if os.WriteFile(out+".part", []byte(report), 0o600) != nil || os.Rename(out+".part", out) != nil {
		os.Exit(5)
	}
	if mode == "stays" {
		time.Sleep(time.Hour) // ended by the test
	}
}
