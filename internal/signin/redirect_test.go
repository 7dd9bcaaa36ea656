package signin

import (
	"errors"
	"testing"
)

func TestOnlyALoopbackRedirectIsListenedOn(t *testing.T) {
	for _, s := range []string{
		"", "callback", "://", "https://127.0.0.1:8976/callback", "http://0.0.0.0:8976/", "http://[::]:8976/",
		"http://192.0.2.1:8976/callback", "http://example.com:8976/", "http://localhost.example.com:1/", "http://127.0.0.1.nip.io:1/",
		"http://me@127.0.0.1:8976/", "http://127.0.0.1:8976/?x=1", "http://127.0.0.1:8976/?", "http://127.0.0.1:8976/#f",
		"http://127.0.0.1:8976/#", "http://127.0.0.1:0/callback", "http://[::1%25lo]:8976/", "http://127.1:8976/",
	} {
		_, err := parseRedirect(s, "")
		if _, ok := errors.AsType[*RedirectError](err); !ok {
			t.Errorf("%q: got %v, want a RedirectError", s, err)
		}
	}
	for s, want := range map[string]string{
		"http://127.0.0.1:8976/callback": "127.0.0.1:8976",
		"http://127.0.0.5:8976":          "127.0.0.5:8976",
		"http://[::1]:8976/a/b":          "[::1]:8976",
		"http://127.0.0.1/callback":      "127.0.0.1:80",
		"http://LOCALHOST:8976/":         "127.0.0.1:8976",
	} {
		r, err := parseRedirect(s, "")
		if err != nil || r.listen[0] != want || r.url != s {
			t.Errorf("%q: got %+v, %v", s, r, err)
		}
	}
}

// On port 80 browsers leave the port away.
func TestTheHostHeaderOfPort80(t *testing.T) {
	r, err := parseRedirect("http://127.0.0.1/callback", "")
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]bool{"127.0.0.1": true, "127.0.0.1:80": true, "127.0.0.1:8080": false, "evil:80": false, "": false} {
		if r.here(host) != want {
			t.Errorf("%q: got %v", host, !want)
		}
	}
}
