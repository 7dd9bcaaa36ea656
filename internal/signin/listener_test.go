package signin

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// In a container the published port arrives at an address that isn't loopback; the browser's own
// address is, and it says so in its Host.
func TestTheListenerCanBeElsewhereThanTheRedirect(t *testing.T) {
	redirect, inside := freeRedirect(t), freeRedirect(t)
	inside = strings.TrimSuffix(strings.TrimPrefix(inside, "http://127.0.0.1:"), "/callback")
	s, c := newDomain(t, idcstest.Options{}, redirect)
	l := startLoginBack(t, s, c, Return{RedirectURL: redirect, Listen: "0.0.0.0:" + inside}, nil)
	outside := strings.TrimSuffix(strings.TrimPrefix(redirect, "http://"), "/callback")
	if conn, err := net.Dial("tcp", outside); err == nil {
		_ = conn.Close()
		t.Errorf("listens at %s, too", outside)
	}
	got, err := l.hit("http://127.0.0.1:"+inside+"/callback?state="+l.state+"&code=c", func(r *http.Request) { r.Host = outside })
	if err != nil || got.status != http.StatusSeeOther || got.header.Get("Location") != redirect {
		t.Fatalf("got %+v, %v", got, err)
	}
	if visit, err := l.wait(); err != nil || visit.Grant.RedirectURI != redirect {
		t.Errorf("got %v, %v", visit, err)
	}
}

// Another user of this machine may open as many connections as they like: few are kept, so they take
// little memory, and the browser still gets in.
func TestACrowdOfConnectionsIsBounded(t *testing.T) {
	l := startLogin(t, idcstest.Options{}, nil)
	host := strings.TrimSuffix(strings.TrimPrefix(l.redirect, "http://"), "/callback")
	const crowd = 500
	ended := make(chan struct{}, crowd)
	for i := range crowd {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if i%2 == 0 {
			_, _ = fmt.Fprintf(conn, "GET /callback HTTP/1.1\r\nHost: %s\r\nX: %s", host, strings.Repeat("x", 32<<10))
		}
		go func() {
			_, _ = io.Copy(io.Discard, conn)
			ended <- struct{}{}
		}()
	}
	for range crowd - mostConnections { // the listener hangs up on these; else this never ends
		<-ended
	}
	shown := l.browse(l.back("state", l.state, "code", "c"))
	visit, err := l.wait()
	if err != nil {
		t.Fatal(err)
	}
	visit.Close(nil)
	if got := <-shown; got.status != http.StatusOK {
		t.Errorf("got %+v", got)
	}
}

// Of many answers at once exactly one counts.
func TestTheListenerAnswersOnce(t *testing.T) {
	l := startLogin(t, idcstest.Options{}, nil)
	codes := make(chan string)
	for i := range 16 {
		code := fmt.Sprint("code", i)
		go func() {
			if got, err := l.hit(l.back("state", l.state, "code", code), nil); err == nil && got.status == http.StatusSeeOther {
				codes <- code
			} else {
				codes <- ""
			}
		}()
	}
	var told []string
	for range 16 {
		if c := <-codes; c != "" {
			told = append(told, c)
		}
	}
	visit, err := l.wait()
	if err != nil || len(told) != 1 || visit.Grant.Code.Reveal() != told[0] {
		t.Errorf("got %v, %v, told %v", visit, err, told)
	}
}

// A listener of a login is on loopback only, whatever the machine's other addresses.
func TestTheListenerIsOnLoopbackOnly(t *testing.T) {
	l := startLogin(t, idcstest.Options{}, nil)
	_, port, _ := net.SplitHostPort(strings.TrimSuffix(strings.TrimPrefix(l.redirect, "http://"), "/callback"))
	need.Unix(t, "Wine can't tell the machine's addresses")
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		n, ok := a.(*net.IPNet)
		if !ok || n.IP.IsLoopback() || n.IP.IsLinkLocalUnicast() {
			continue
		}
		if conn, err := net.Dial("tcp", net.JoinHostPort(n.IP.String(), port)); err == nil {
			_ = conn.Close()
			t.Errorf("listens on %s", n.IP)
		}
	}
}

// A neighbour that connects and says nothing, or half a request, keeps nobody from logging in.
func TestASilentVisitorBlocksNobody(t *testing.T) {
	l := startLogin(t, idcstest.Options{}, nil)
	host := strings.TrimSuffix(strings.TrimPrefix(l.redirect, "http://"), "/callback")
	for _, said := range []string{"", "GET /callback?"} {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, _ = fmt.Fprint(conn, said)
	}
	shown := l.browse(l.back("state", l.state, "code", "c"))
	visit, err := l.wait()
	if err != nil {
		t.Fatal(err)
	}
	visit.Close(nil)
	if got := <-shown; got.status != http.StatusOK {
		t.Errorf("got %+v", got)
	}
}

// localhost is two addresses: both must be ours, or the browser may knock at a stranger's.
func TestLocalhostListensOnBothAddresses(t *testing.T) {
	redirect := strings.Replace(freeRedirect(t), "127.0.0.1", "localhost", 1)
	r, err := parseRedirect(redirect, "")
	if err != nil {
		t.Fatal(err)
	}
	s, c := newDomain(t, idcstest.Options{}, redirect)
	l := startLoginAt(t, s, c, redirect, nil)
	for _, address := range r.listen {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		defer conn.Close()
		_, _ = fmt.Fprintf(conn, "GET /callback HTTP/1.1\r\nHost: %s\r\n\r\n", r.host)
		if resp, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || resp.StatusCode != 400 {
			t.Errorf("%s: got %v, %v", address, resp, err)
		}
	}
	l.waits()
	if len(r.listen) < 2 {
		return // no IPv6 here
	}
	l.cancel(nil)
	_, _ = l.wait()
	other, err := net.Listen("tcp", r.listen[1])
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := Browser(bound(t), Person{Stderr: &paper{}, Open: notOpened(t)}, c, scope, Return{RedirectURL: redirect}); err == nil {
		t.Error("a stranger at ::1 wasn't noticed")
	}
	if l, err := net.Listen("tcp", r.listen[0]); err != nil {
		t.Errorf("the first address is still held: %v", err)
	} else {
		_ = l.Close()
	}
}
