package git

import (
	"bufio"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// A request has the attributes that git sent. A missing one is empty.
type request struct {
	protocol, host, path, username string

	password, credential secret.Text // with erase: what was sent to the server
	authtype, state      bool        // capabilities of this git
	challenges           []string    // wwwauth[]: WWW-Authenticate headers, in order
	states               []string    // state[]: of all helpers
}

// lineLimit is the longest line in bytes, with its LF. git before 2.46 takes the rest of a longer one for the next line.
const lineLimit = 65_535

// read reads attributes up to a blank line or the end: a client may leave stdin open after the blank line. It isn't ok if
// the input isn't exactly the protocol: a wrong guess could give a token to a stranger.
func read(stdin io.Reader) (req request, ok bool) {
	lines := bufio.NewReader(io.LimitReader(stdin, helpers.InputLimit+1))
	seen := make(map[string]bool, 4)
	total := 0
	for {
		s, err := lines.ReadString('\n')
		if err != nil && err != io.EOF {
			return req, false
		}
		if total += len(s); total > helpers.InputLimit {
			return req, false
		}
		s, terminated := strings.CutSuffix(s, "\n")
		if len(s) >= lineLimit {
			return req, false
		}
		if terminated {
			s = strings.TrimSuffix(s, "\r")
		}
		if s == "" {
			break
		}
		if strings.ContainsAny(s, "\r\x00") || !req.set(s, seen) {
			return req, false
		}
		if err == io.EOF {
			break
		}
	}
	return req, true // the target's parser refuses an absent protocol or host
}

// set reads one line. False: the whole input is refused.
func (r *request) set(line string, seen map[string]bool) bool {
	key, value, ok := strings.Cut(line, "=")
	if !ok || key == "" {
		return false
	}
	switch key {
	case "protocol":
		return once(&r.protocol, key, value, seen)
	case "host":
		return once(&r.host, key, value, seen)
	case "path":
		return once(&r.path, key, value, seen)
	case "username":
		return once(&r.username, key, value, seen)
	case "url":
		return false // it would replace the other attributes; git itself never sends it
	case "password":
		r.password = secret.New(value)
	case "credential":
		r.credential = secret.New(value)
	case "capability[]":
		switch value {
		case "":
			r.authtype, r.state = false, false
		case "authtype":
			r.authtype = true
		case "state":
			r.state = true
		}
	case "wwwauth[]":
		r.challenges = list(r.challenges, value)
	case "state[]":
		r.states = list(r.states, value)
	}
	return true
}

// once sets an attribute that decides where the token goes. A second one, and one that may be read in two ways, is
// refused: with the three escapes URLs smuggle lines.
func once(to *string, key, value string, seen map[string]bool) bool {
	if seen[key] || unsound(value) {
		return false
	}
	for i := range len(value) - 2 {
		switch strings.ToLower(value[i : i+3]) {
		case "%00", "%0a", "%0d":
			return false
		}
	}
	seen[key] = true
	*to = value
	return true
}

// list appends a value to an attribute with several values; an empty value removes all before it. An unsound value, from
// a server, is dropped, and the rest is used.
func list(to []string, value string) []string {
	switch {
	case value == "":
		return nil
	case unsound(value):
		return to
	}
	return append(to, value)
}

func unsound(s string) bool {
	return !utf8.ValidString(s) || strings.IndexFunc(s, helpers.Control) >= 0
}
