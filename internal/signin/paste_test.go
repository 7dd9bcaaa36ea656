package signin

import (
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// noBrowser is a Person who opens nothing and types on stdin. The address that was printed is read
// from stderr.
func noBrowser(t *testing.T) (*login, *os.File) {
	t.Helper()
	redirect := freeRedirect(t)
	s, c := newDomain(t, idcstest.Options{}, redirect)
	stdin, keys, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = keys.Close(); _ = stdin.Close() })
	l := startLoginAt(t, s, c, redirect, func(p *Person) { p.Stdin = stdin })
	return l, keys
}

func TestThePastedAddressIsAnAnswer(t *testing.T) {
	for name, form := range map[string]string{
		"a line": "%s\n", "with blanks and an empty line before": "\n  \n  %s \r\n", "quoted": "'%s'\n",
		"after rubbish":   "yes\nhttp://evil.example.com/callback?code=x\n%s\n",
		"by https only":   "https%s\n", // the scheme is exchanged below
		"twice":           "%s\n%s\n",
		"without its end": "%s",
	} {
		l, keys := noBrowser(t)
		// The person's own browser, on a machine where nobody listens: it ends at this address.
		req, _ := http.NewRequestWithContext(bound(t), http.MethodGet, l.address, nil)
		resp, err := fetch(browser(l.domain.CA.Pool(), false), req)
		if err != nil || resp.status != http.StatusFound {
			t.Fatalf("got %+v, %v", resp, err)
		}
		address := resp.header.Get("Location")
		if strings.HasPrefix(form, "https") {
			address = strings.TrimPrefix(address, "http")
		}
		_, _ = io.WriteString(keys, strings.ReplaceAll(form, "%s", address))
		if !strings.HasSuffix(form, "\n") {
			_ = keys.Close()
		}
		visit, err := l.wait()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := l.client.Token(bound(t), visit.Grant, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := l.hit(l.redirect, nil); err == nil {
			t.Errorf("%s: still listening, though no browser will come", name)
		}
		visit.Close(nil)
	}
}

func TestAPasteWithoutHTTPAndARefusalPasted(t *testing.T) {
	l, keys := noBrowser(t)
	address := strings.TrimPrefix(l.back("state", l.state, "error", "access_denied"), "http://")
	_, _ = io.WriteString(keys, address) // no line end
	_ = keys.Close()
	if _, err := l.wait(); err == nil || !strings.Contains(err.Error(), ErrDenied.Error()) {
		t.Errorf("got %v, want ErrDenied", err)
	}
}

// What is pasted is judged like what a browser brings, and an empty stdin is no answer.
func TestAWrongPasteAndAnEmptyStdinAreNoAnswer(t *testing.T) {
	l, keys := noBrowser(t)
	for _, wrong := range []string{
		l.back("code", "c"),
		l.back("code", "c", "state", "wrong"),
		l.back("state", l.state),
		strings.Replace(l.back("code", "c", "state", l.state), "/callback", "/other", 1),
		strings.Replace(l.back("code", "c", "state", l.state), "127.0.0.1", "localhost", 1),
		strings.Replace(l.back("code", "c", "state", l.state), "http:", "ftp:", 1),
		"AQIDBAUcode-alone",
	} {
		_, _ = io.WriteString(keys, wrong+"\n")
	}
	_ = keys.Close()
	got, err := l.hit(l.back("state", l.state, "code", "from the browser"), nil)
	if err != nil || got.status != http.StatusSeeOther {
		t.Fatalf("got %+v, %v", got, err)
	}
	visit, err := l.wait()
	if err != nil || visit.Grant.Code.Reveal() != "from the browser" {
		t.Errorf("got %v, %v", visit, err)
	}
}

func TestAWrongPasteIsAnsweredWithoutRepeatingIt(t *testing.T) {
	l, keys := noBrowser(t)
	_, _ = io.WriteString(keys, l.back("code", "AQIDBAUsecret", "state", "x")+"\n")
	l.stderr.shows(t, "its state differs")
	_, _ = io.WriteString(keys, "\x1b[2Jno\n")
	l.stderr.shows(t, "sent back to")
	_, _ = io.WriteString(keys, l.back("code", "c", "state", l.state)+"\n")
	if _, err := l.wait(); err != nil {
		t.Fatal(err)
	}
	want := "\n" + `credential-idcs: if the browser shows an error page at 127.0.0.1, paste its full address here and press Enter
credential-idcs: that is not the answer to this login: it belongs to another login (its state differs); use the one from the newest login
credential-idcs: that is not the answer to this login: it isn't the address that the browser was sent back to
`
	if got := l.stderr.String(); !strings.HasSuffix(got, want) {
		t.Errorf("got %q\nwant …%q", got, want)
	}
}

// A terminal's window breaks a long address, and what is copied from it has a line end in the middle:
// in the state, in the name of a parameter, or behind a part of the code, where the first line looks
// whole. The rest may also come a while later.
func TestAnAddressInSeveralLinesIsOne(t *testing.T) {
	for _, first := range []string{"state", "code"} {
		for cut := 30; ; cut += 17 {
			l, keys := noBrowser(t)
			address := l.redirect + "?state=" + l.state + "&code=AQIDBAU0123456789"
			if first == "code" {
				address = l.redirect + "?code=AQIDBAU0123456789&state=" + l.state
			}
			if cut >= len(address) {
				break
			}
			_, _ = io.WriteString(keys, address[:cut]+"\n  "+address[cut:]+"\n")
			visit, err := l.wait()
			if err != nil || visit.Grant.Code.Reveal() != "AQIDBAU0123456789" {
				t.Errorf("cut behind %s: got %v, %v", address[:cut], visit, err)
			}
		}
	}
	l, keys := noBrowser(t)
	_, _ = io.WriteString(keys, l.redirect+"?code=AQIDBAU&st\n")
	l.stderr.shows(t, "that is not the answer")
	_, _ = io.WriteString(keys, "ate="+l.state+"\n")
	if visit, err := l.wait(); err != nil || visit.Grant.Code.Reveal() != "AQIDBAU" {
		t.Errorf("got %v, %v", visit, err)
	}
}
