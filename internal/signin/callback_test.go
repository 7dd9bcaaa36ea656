package signin

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// S64, line by line: what isn't the answer gets 400, changes nothing, and the login waits on.
func TestWhatIsNotTheAnswerChangesNothing(t *testing.T) {
	l := startLogin(t, idcstest.Options{}, nil)
	host := strings.TrimSuffix(strings.TrimPrefix(l.redirect, "http://"), "/callback")
	port := host[strings.LastIndexByte(host, ':'):]
	good := l.back("state", l.state, "code", "stolen")
	setHost := func(h string) func(*http.Request) { return func(r *http.Request) { r.Host = h } }
	for _, c := range []struct {
		name, address string
		edit          func(*http.Request)
	}{
		{"no state", l.back("code", "stolen"), nil},
		{"empty state", l.back("code", "stolen", "state", ""), nil},
		{"wrong state", l.back("code", "stolen", "state", strings.Repeat("A", 43)), nil},
		{"part of the state", l.back("code", "stolen", "state", l.state[:42]), nil},
		{"longer state", l.back("code", "stolen", "state", l.state+"A"), nil},
		{"two states", good + "&state=" + l.state, nil},
		{"two codes", good + "&code=other", nil},
		{"neither code nor error", l.back("state", l.state), nil},
		{"empty code", l.back("state", l.state, "code", ""), nil},
		{"error without state", l.back("error", "access_denied"), nil},
		{"error with wrong state", l.back("error", "access_denied", "state", "x"), nil},
		{"broken query", l.redirect + "?%zz&state=" + l.state + "&code=c", nil},
		{"state in the fragment", l.redirect + "#state=" + l.state + "&code=c", nil},
		{"nothing", l.redirect, nil},
		{"foreign host", good, setHost("evil.example.com" + port)},
		{"rebound name without port", good, setHost("127.0.0.1.evil.example.com")},
		{"the host localhost is not 127.0.0.1", good, setHost("localhost" + port)},
		{"other port", good, setHost("127.0.0.1:1")},
		{"no port", good, setHost("127.0.0.1")},
		{"other path", strings.Replace(good, "/callback", "/other", 1), nil},
		{"longer path", strings.Replace(good, "/callback", "/callback/", 1), nil},
		{"doubled slash", strings.Replace(good, "/callback", "//callback", 1), nil},
		{"other case", strings.Replace(good, "/callback", "/Callback", 1), nil},
		{"encoded path", strings.Replace(good, "/callback", "/call%62ack", 1), nil},
		{"root", strings.Replace(good, "/callback", "/", 1), nil},
		{"favicon", strings.Replace(l.redirect, "/callback", "/favicon.ico", 1), nil},
		{"POST", good, func(r *http.Request) { r.Method = http.MethodPost }},
		{"HEAD, as link scanners send", good, func(r *http.Request) { r.Method = http.MethodHead }},
	} {
		got, err := l.hit(c.address, c.edit)
		if err != nil || got.status != http.StatusBadRequest {
			t.Errorf("%s: got %+v, %v, want 400", c.name, got, err)
			continue
		}
		foreign := strings.Contains(c.name, "host") || strings.Contains(c.name, "port")
		if told := strings.Contains(got.body, "profile"); told == foreign && got.body != "" {
			t.Errorf("%s: a stranger's page must not learn whose login it is:\n%s", c.name, got.body)
		}
		got.url = "" // the visitor's own
		harmlessPage(t, l, got, "stolen")
	}
	l.waits()

	got, err := l.hit(l.back("state", l.state, "code", "AQIDBAU-_mine="), nil)
	if err != nil || got.status != http.StatusSeeOther || got.header.Get("Location") != l.redirect || got.body != "" {
		t.Fatalf("got %+v, %v, want a redirect to the bare address", got, err)
	}
	harmlessPage(t, l, page{header: got.header, body: got.body})
	visit, err := l.wait()
	if err != nil || visit.Grant.Code.Reveal() != "AQIDBAU-_mine=" || visit.Grant.RedirectURI != l.redirect {
		t.Errorf("got %v, %v", visit, err)
	}
}

// S64: another answer isn't heard, during the exchange and after it. The same one gets the same page:
// browsers fetch an address in advance and then visit it.
func TestASecondAnswerIsHungUpOn(t *testing.T) {
	l := startLogin(t, idcstest.Options{}, nil)
	good := l.back("state", l.state, "code", "first")
	if got, err := l.hit(good, nil); err != nil || got.status != http.StatusSeeOther {
		t.Fatalf("got %+v, %v", got, err)
	}
	visit, err := l.wait()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{good + "&x=", l.back("state", l.state, "code", "second"), l.back("state", l.state, "error", "access_denied"),
		strings.Replace(l.redirect, "/callback", "/", 1)} {
		if got, err := l.hit(address, nil); err == nil {
			t.Errorf("%s: got %+v, want a closed connection", address, got)
		}
	}
	if got, err := l.hit(l.redirect, func(r *http.Request) { r.Host = "evil.example.com" }); err == nil {
		t.Errorf("foreign host: got %+v", got)
	}
	if got, err := l.hit(good, nil); err != nil || got.status != http.StatusSeeOther || got.header.Get("Location") != l.redirect {
		t.Errorf("the same answer: got %+v, %v", got, err)
	}
	if visit.Grant.Code.Reveal() != "first" {
		t.Errorf("got %q", visit.Grant.Code.Reveal())
	}
	shown := l.browse(good)
	visit.Close(nil)
	if got := <-shown; got.status != http.StatusOK || got.url != l.redirect {
		t.Errorf("got %+v", got)
	}
	if _, err := l.hit(good, nil); err == nil {
		t.Error("still listening")
	}
}

// A page that was fetched in advance has been seen by nobody, so the login waits for the visit.
func TestAPageFetchedInAdvanceIsShownAgain(t *testing.T) {
	l := startLogin(t, idcstest.Options{}, nil)
	good := l.back("state", l.state, "code", "c")
	advance := func(r *http.Request) { r.Header.Set("Sec-Purpose", "prefetch;prerender") }
	if got, err := l.hit(good, advance); err != nil || got.status != http.StatusSeeOther {
		t.Fatalf("got %+v, %v", got, err)
	}
	visit, err := l.wait()
	if err != nil {
		t.Fatal(err)
	}
	visit.after = never
	closed := make(chan struct{})
	go func() { visit.Close(nil); close(closed) }()
	if got, err := l.hit(l.redirect, advance); err != nil || got.status != http.StatusOK {
		t.Errorf("in advance: got %+v, %v", got, err)
	}
	select {
	case <-closed:
		t.Error("the login ended before anybody saw its page")
	default:
	}
	if got := <-l.browse(good); got.status != http.StatusOK || !strings.Contains(got.body, "You are logged in") {
		t.Errorf("got %+v", got)
	}
	<-closed
}

// Some servers refuse without giving the state back. Anybody on this machine can send that, so it ends
// nothing; but a person who waits is told, and not without end.
func TestARefusalWithoutStateIsSaidAndEndsNothing(t *testing.T) {
	l := startLogin(t, idcstest.Options{}, nil)
	for _, code := range []string{"invalid_scope", "access_denied", "bad\x1b[2J", "fourth"} {
		if got, err := l.hit(l.back("error", code, "error_description", "canary"), nil); err != nil || got.status != http.StatusBadRequest {
			t.Errorf("got %+v, %v", got, err)
		}
	}
	l.waits()
	said := l.stderr.String()
	for _, want := range []string{
		"credential-idcs: the browser came back with invalid_scope and without the state of this login, which goes on waiting\n",
		"came back with access_denied and", "came back with bad?[2J and",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("%q doesn't say %q", said, want)
		}
	}
	if strings.Contains(said, "fourth") || strings.Contains(said, "canary") || strings.ContainsRune(said, '\x1b') {
		t.Errorf("said %q", said)
	}
}

// RFC 9207: the answer says whose it is. Only this domain's is taken; without one nothing can be said.
func TestAnAnswerOfAnotherIssuerEndsTheLogin(t *testing.T) {
	const own = "https://issuer.example.com/custom"
	for _, c := range []struct {
		iss  []string
		want bool
	}{
		{nil, true},
		{[]string{"https://identity.oraclecloud.com/"}, true},
		{[]string{"https://Identity.OracleCloud.com:443"}, true}, // as discovery has its endpoints
		{[]string{"http://identity.oraclecloud.com/"}, false},
		{[]string{"https://identity.oraclecloud.com:8443/"}, false},
		{[]string{"DOMAIN"}, true},
		{[]string{"DOMAIN/"}, true},
		{[]string{own}, true},
		{[]string{"https://evil.example.com/"}, false},
		{[]string{"https://identity.oraclecloud.com.evil.example.com/"}, false},
		{[]string{""}, false},
		{[]string{"DOMAIN/x"}, false},
	} {
		redirect := freeRedirect(t)
		s, client := newDomain(t, idcstest.Options{}, redirect)
		l := startLoginBack(t, s, client, Return{RedirectURL: redirect, Issuers: []string{own, ""}}, nil)
		query := []string{"state", l.state, "code", "c"}
		for _, iss := range c.iss {
			query = append(query, "iss", strings.Replace(iss, "DOMAIN", client.Domain, 1))
		}
		if got, err := l.hit(l.back(query...), nil); err != nil || got.status != http.StatusSeeOther {
			t.Fatalf("%v: got %+v, %v", c.iss, got, err)
		}
		// The browser asks for its page; a refused login waits for that before it ends.
		_ = l.browse(redirect)
		visit, err := l.wait()
		other, ok := errors.AsType[*IssuerError](err)
		if (visit != nil) != c.want || ok == c.want {
			t.Errorf("%v: got %v, %v", c.iss, visit, err)
		}
		if ok && err.Error() != "the answer comes from another issuer, "+other.Issuer {
			t.Errorf("got %v", err)
		}
	}
}
