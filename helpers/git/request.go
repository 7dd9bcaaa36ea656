package git

import (
	"bufio"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// A request is what git said on stdin. Absent and empty attributes are alike, as none of them is
// used empty.
type request struct {
	protocol, host, path, username string

	password, credential secret.Text // with erase: what was sent to the server
	authtype, state      bool        // capabilities of this git
	challenges           []string    // wwwauth[]: WWW-Authenticate headers, in order
	states               []string    // state[]: what helpers asked git to keep, all of them
}

// lineLimit is the longest line in bytes, with its LF. Releases of git before 2.46 cut lines here
// themselves and took the rest for a line of its own.
const lineLimit = 65_535

// read reads attributes up to a blank line or the end, and not a byte's meaning further: a client
// may leave its end open behind the blank line. It isn't ok if the input isn't exactly the protocol:
// then nobody can tell what its author wanted, and a wrong guess hands out a token.
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

// set takes one line. It reports false if the whole input has to be refused for it.
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
		return false // replaces what the other lines said; git resolves it and never passes it on
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

// once sets an attribute that decides where the token goes: twice, or in doubt, isn't accepted.
// The three escapes are what URLs smuggle lines with.
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

// list appends a value to a multi-valued attribute, of which an empty value starts anew. A value
// from a server that isn't sound is dropped alone: it must not keep its owner from a token.
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
