package signin

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/idcs"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// S65: PKCE S256 with fresh random values, and the whole way to a token.
func TestABrowserLoginEndsInATokenAndAPageThatSaysSo(t *testing.T) {
	l := startLogin(t, idcstest.Options{}, nil)
	shown := l.browse(l.address)
	visit, err := l.wait()
	if err != nil {
		t.Fatal(err)
	}
	answer, err := l.client.Token(bound(t), visit.Grant, nil)
	if err != nil {
		t.Fatal(err)
	}
	if answer.Refresh.Empty() || answer.ID.Empty() {
		t.Errorf("got %+v, want a refresh token and an ID token", answer)
	}
	if err := visit.Check(answer); err != nil {
		t.Errorf("Check of our own ID token: %v", err)
	}
	select {
	case early := <-shown:
		t.Fatalf("the page was shown before the end was known: %+v", early)
	default:
	}
	visit.Close(nil)
	got := <-shown
	if got.status != 200 || !strings.Contains(got.body, "You are logged in") || !strings.Contains(got.body, "Go back to the terminal") {
		t.Errorf("got page %+v", got)
	}
	harmlessPage(t, l, got, visit.Grant.Code.Reveal())
	if got.url != l.redirect {
		t.Errorf("the browser ended at %s, want %s", got.url, l.redirect)
	}
	if _, err := l.hit(l.redirect, nil); err == nil {
		t.Error("still listening after Close")
	}
}

// harmlessPage holds a page to S65: nothing secret, no script, nothing from elsewhere, nothing kept.
func harmlessPage(t *testing.T, l *login, p page, secrets ...string) {
	t.Helper()
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
		"Content-Type": "text/html; charset=utf-8",
	} {
		if got := p.header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if csp := p.header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; ") || strings.Contains(csp, "unsafe") {
		t.Errorf("policy %q", csp)
	}
	whole := p.url + p.body
	for _, s := range append(append(secrets, l.state), l.domain.Secrets()...) {
		if s != "" && strings.Contains(whole, s) {
			t.Errorf("the page or its address holds the secret %.12s…", s)
		}
	}
	if m := regexp.MustCompile(`(?i)<script|javascript:|\son[a-z]+=|(src|href)="(?:[^d]|d[^a])|url\(|@import`).FindString(p.body); m != "" {
		t.Errorf("the page holds %q", m)
	}
}

func TestEachLoginHasItsOwnStateNonceAndChallenge(t *testing.T) {
	seen := map[string]bool{}
	for range 2 {
		l := startLogin(t, idcstest.Options{}, nil)
		u, _ := url.Parse(l.address)
		q := u.Query()
		for _, name := range []string{"state", "nonce", "code_challenge"} {
			if v := q.Get(name); len(v) != 43 || seen[v] {
				t.Errorf("%s is %q: want 43 letters, never the same", name, v)
			}
			seen[q.Get(name)] = true
		}
		if q.Get("code_challenge_method") != "S256" || q.Get("redirect_uri") != l.redirect || q.Get("scope") != scope {
			t.Errorf("got %v", q)
		}
	}
}

// S64: an ID token without our nonce is refused.
func TestAnIDTokenOfAnotherLoginIsRefused(t *testing.T) {
	l := startLogin(t, idcstest.Options{}, nil)
	shown := l.browse(l.address)
	visit, err := l.wait()
	if err != nil {
		t.Fatal(err)
	}
	answer, err := l.client.Token(bound(t), visit.Grant, nil)
	if err != nil {
		t.Fatal(err)
	}
	other := &Visit{nonce: secret.New("a nonce of somebody else")}
	if err := other.Check(answer); !errors.Is(err, ErrNonce) {
		t.Errorf("got %v, want ErrNonce", err)
	}
	for _, id := range []string{"no.jwt", "e30.e30.e30", "e30.eyJub25jZSI6IiJ9.e30", "e30.eyJub25jZSI6MX0.e30"} {
		if err := visit.Check(idcs.Answer{ID: secret.New(id)}); !errors.Is(err, ErrNonce) {
			t.Errorf("%s: got %v, want ErrNonce", id, err)
		}
	}
	if err := visit.Check(idcs.Answer{}); err != nil {
		t.Errorf("without an ID token: %v", err)
	}
	visit.Close(ErrNonce)
	if got := <-shown; !strings.Contains(got.body, "The login failed") || !strings.Contains(got.body, ErrNonce.Error()) {
		t.Errorf("got %s", got.body)
	}
}

func TestAFailureOnThePageHoldsNoSecret(t *testing.T) {
	l := startLogin(t, idcstest.Options{}, nil)
	shown := l.browse(l.address)
	visit, err := l.wait()
	if err != nil {
		t.Fatal(err)
	}
	visit.Close(errors.New("broke at " + visit.Grant.Code.Reveal() + "\x1b[31m<script>alert(1)</script>"))
	got := <-shown
	if !strings.Contains(got.body, "The login failed") {
		t.Errorf("got %s", got.body)
	}
	harmlessPage(t, l, got, visit.Grant.Code.Reveal())
}

func TestTheDomainsRefusalEndsTheLogin(t *testing.T) {
	for _, c := range []struct {
		code, text string
		class      idcs.Class
		denied     bool
	}{
		{"access_denied", "The user said <no>\x1b[2J.", idcs.ErrLoginFailed, true},
		{"unauthorized_client", "no grant", idcs.ErrConfiguration, false},
		{"invalid_scope", "", idcs.ErrConfiguration, false},
		{"temporarily_unavailable", "", idcs.ErrLater, false},
		{"login_required", "", idcs.ErrLoginFailed, false},
	} {
		l := startLogin(t, idcstest.Options{Authorize: func(idcstest.AuthRequest) idcstest.Decision {
			return idcstest.Decision{Deny: c.code, Text: c.text}
		}}, nil)
		shown := l.browse(l.address)
		visit, err := l.wait()
		e, ok := errors.AsType[*idcs.Error](err)
		if visit != nil || !ok || e.Class != c.class || e.Code != c.code || errors.Is(err, ErrDenied) != c.denied {
			t.Errorf("%s: got %v, %v", c.code, visit, err)
			continue
		}
		if strings.ContainsRune(err.Error(), '\x1b') {
			t.Errorf("%s: the error isn't clean: %q", c.code, err)
		}
		got := <-shown
		if !strings.Contains(got.body, "The login failed") || !strings.Contains(got.body, c.code) || strings.Contains(got.body, "<no>") {
			t.Errorf("%s: got page %s", c.code, got.body)
		}
		harmlessPage(t, l, got)
	}
}

func TestABrowserThatNeverComesBackEndsTheLoginAfterFiveMinutes(t *testing.T) {
	var asked time.Duration
	l := startLogin(t, idcstest.Options{}, func(p *Person) {
		p.After = func(d time.Duration) <-chan time.Time {
			asked = max(asked, d)
			return at(d)
		}
	})
	if _, err := l.wait(); !errors.Is(err, ErrNoAnswer) {
		t.Errorf("got %v, want ErrNoAnswer", err)
	}
	if asked != 5*time.Minute {
		t.Errorf("waited %v", asked)
	}
	if _, err := l.hit(l.redirect, nil); err == nil {
		t.Error("still listening")
	}
}

func TestAnInterruptedLoginStopsListening(t *testing.T) {
	l := startLogin(t, idcstest.Options{}, nil)
	why := errors.New("ended by signal 2")
	l.cancel(why)
	if _, err := l.wait(); !errors.Is(err, why) {
		t.Errorf("got %v, want %v", err, why)
	}
	if _, err := l.hit(l.redirect, nil); err == nil {
		t.Error("still listening")
	}
}

func TestASecondLoginAtTheSameRedirectSaysSo(t *testing.T) {
	l := startLogin(t, idcstest.Options{}, nil)
	_, err := Browser(bound(t), Person{Stderr: io.Discard, Open: notOpened(t)}, l.client, scope, Return{RedirectURL: l.redirect})
	port, ok := errors.AsType[*PortError](err)
	if !ok || !port.Login {
		t.Fatalf("got %v, want a PortError of a login", err)
	}
	want := "another login is waiting for its browser at " + port.Address
	if err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	l.waits()
	if got, err := l.hit(l.back("state", l.state, "code", "c"), nil); err != nil || got.status != 303 {
		t.Errorf("the first login was disturbed: %+v, %v", got, err)
	}
}

// notOpened is an Open for a login that must end before.
func notOpened(t *testing.T) func(string) (<-chan error, error) {
	return func(string) (<-chan error, error) {
		t.Error("the browser was opened")
		return nil, nil
	}
}

func TestAPortThatAnotherProgramHoldsEndsTheLogin(t *testing.T) {
	redirect := freeRedirect(t)
	_, c := newDomain(t, idcstest.Options{}, redirect)
	other, err := net.Listen("tcp", strings.TrimSuffix(strings.TrimPrefix(redirect, "http://"), "/callback"))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	go func() { // it speaks no HTTP, and hangs up
		for {
			conn, err := other.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, "220 smtp\r\n")
			_ = conn.Close()
		}
	}()
	_, err = Browser(bound(t), Person{Stderr: io.Discard, Open: notOpened(t)}, c, scope, Return{RedirectURL: redirect})
	port, ok := errors.AsType[*PortError](err)
	if !ok || port.Login || !strings.HasPrefix(err.Error(), "the browser can't come back to 127.0.0.1:") {
		t.Errorf("got %v", err)
	}
}

func TestABrowserThatDoesNotOpenLeavesTheAddress(t *testing.T) {
	redirect := freeRedirect(t)
	_, c := newDomain(t, idcstest.Options{}, redirect)
	ctx, cancel := context.WithCancel(bound(t))
	var stderr paper
	_, err := Browser(ctx, Person{Stderr: &stderr, After: never, Open: func(string) (<-chan error, error) {
		cancel()
		return nil, errors.New("xdg-open is not on PATH")
	}}, c, scope, Return{RedirectURL: redirect})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	want := "credential-idcs: no browser could be opened: xdg-open is not on PATH\n" +
		"credential-idcs: to log in, open this address in a browser\n\t" + c.Domain + "/oauth2/v1/authorize?"
	if !strings.HasPrefix(stderr.String(), want) {
		t.Errorf("got %q\nwant %q…", stderr.String(), want)
	}
}
