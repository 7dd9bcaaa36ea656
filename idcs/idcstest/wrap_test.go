package idcstest

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// A wrapped answer is delivered: the successor works, and the old token may not come again.
func TestWrapsExcuseNothing(t *testing.T) {
	for _, w := range Wraps {
		s := open(t, Options{})
		s.Script(Fault{On: Refresh, Nth: 1, Wrap: w})
		token := s.NewLogin(s.SecretClient.ID, myScopes)
		c := begin(t, s, token)
		var got bytes.Buffer
		plain := !strings.Contains(string(w), "zip") && !strings.Contains(string(w), "deflate") && !strings.Contains(string(w), "UTF-16")
		for b := make([]byte, 4096); ; { // up to the successor, as a client that reads no further does
			n, err := c.Read(b)
			got.Write(b[:n])
			if err != nil && err != io.EOF {
				t.Fatalf("%s: %v", w, err)
			}
			if err == io.EOF || bytes.Contains(got.Bytes(), []byte(`"token_type":"Bearer"`)) {
				break
			}
		}
		if plain != bytes.Contains(got.Bytes(), []byte(`"refresh_token":"AQIDBAU-_`)) {
			t.Errorf("%s: got %q", w, got.String())
		}
		if s.Alive(token) || s.Lost(token) != "" {
			t.Errorf("%s: alive %v, lost %q", w, s.Alive(token), s.Lost(token))
		}
		c.Close()
		if _, err := try(s, request(t, s, "/oauth2/v1/token", refreshForm(token), withBasic(s))); err != nil {
			t.Fatal(err)
		}
		wantBroken(t, s, "I1 broken")
	}
}
