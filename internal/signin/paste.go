package signin

import (
	"bufio"
	"io"
	"strings"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// longestPaste is more than any address that a browser shows.
const longestPaste = 64 << 10

// paste reads lines until one is the answer. The end of stdin is no answer: a script has none to
// give, and the browser may still come.
func paste(stdin io.Reader, r *redirect, state secret.Text, out *printer) <-chan result {
	found := make(chan result, 1)
	go func() {
		lines := bufio.NewScanner(stdin)
		lines.Buffer(nil, longestPaste)
		for lines.Scan() {
			line := strings.TrimSpace(lines.Text())
			if line == "" {
				continue
			}
			got, err := r.readAddress(line, state)
			if err != nil {
				out.say("that is not the answer to this login: " + err.Error())
				continue
			}
			found <- got
			return
		}
	}()
	return found
}
