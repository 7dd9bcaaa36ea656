package goauth

import (
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
)

// A response is the part of a server's answer to go that matters here.
type response struct {
	status     int      // 0: unknown
	challenges []string // WWW-Authenticate headers
}

// readResponse reads stdin: a status line, headers, a blank line. It is only a hint, and comes from the server: what can't
// be read is ignored, so that a person may run the helper with an empty stdin. It isn't ok if it is longer than
// helpers.InputLimit.
func readResponse(call *helpers.Call) (r response, ok bool) {
	b, err := call.Input("the server's answer (HTTP/1.1 401 Unauthorized, headers)")
	if err != nil {
		return response{}, false
	}
	first, rest, _ := strings.Cut(string(b), "\n")
	r.status = status(strings.TrimSuffix(first, "\r"))
	for line := range strings.Lines(rest) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			break
		}
		name, value, found := strings.Cut(line, ":")
		if found && strings.EqualFold(name, "WWW-Authenticate") {
			r.challenges = append(r.challenges, value)
		}
	}
	return r, true
}

// status is the number in "HTTP/1.1 401 Unauthorized", 0 if there is none.
func status(line string) int {
	version, rest, _ := strings.Cut(line, " ")
	code, _, _ := strings.Cut(rest, " ")
	if !strings.HasPrefix(version, "HTTP/") || len(code) != 3 {
		return 0
	}
	n := 0
	for i := range len(code) {
		if code[i] < '0' || '9' < code[i] {
			return 0
		}
		n = 10*n + int(code[i]-'0')
	}
	return n
}
