package helpers

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Fetch asks source for a credential, and checks it: a protocol without a limit prints what Fetch returns.
func Fetch(ctx context.Context, source Source, query Query) (Credential, error) {
	cred, err := source.Credential(ctx, query)
	if err == nil {
		err = cred.Check(0)
	}
	return cred, err
}

// Check refuses a credential that a protocol can't transport unchanged, with a Failure of class Internal. All helpers
// call it before they print. Nothing is trimmed or repaired: a token with a line break in it is either broken or an
// attempt to write lines of git's protocol (as in CVE-2020-5260).
//
// The secret must be bytes 0x21 to 0x7e, which covers what RFC 6750 section 2.1 calls b64token, and
// at most limit of them; 0 is no limit.
func (c Credential) Check(limit int) error {
	token := c.Secret.Reveal()
	refused := func(why string) error {
		return &Failure{Class: Internal, Message: "profile " + c.Profile + ": " + why}
	}
	if token == "" {
		return refused("the token is empty")
	}
	for i := range len(token) {
		if b := token[i]; b < 0x21 || 0x7e < b {
			return refused("the token is refused, it has byte 0x" + hex.EncodeToString([]byte{b}) + " at offset " + strconv.Itoa(i))
		}
	}
	if limit > 0 && len(token) > limit {
		return refused("the token is refused, it has " + strconv.Itoa(len(token)) + " bytes and this protocol takes " + strconv.Itoa(limit))
	}
	if c.Username == "" || !utf8.ValidString(c.Username) || strings.IndexFunc(c.Username, Control) >= 0 {
		return refused("the user name is refused, it is empty or has a control character")
	}
	if c.Expiry.Unix() <= 0 { // git reads 0 as "never"
		return refused("the token is refused, its expiry isn't known")
	}
	return nil
}

// Control reports whether r is a control character or a line break: C0, DEL, C1, and Unicode's line and paragraph
// separators.
func Control(r rune) bool {
	return r < 0x20 || 0x7f <= r && r <= 0x9f || r == 0x2028 || r == 0x2029
}

// Print writes a whole answer, or a whole failure, to stdout in one Write: clients use what a helper has printed, even if
// it fails afterwards.
func (c *Call) Print(answer []byte) error {
	if _, err := c.Stdout.Write(answer); err != nil {
		return &Failure{Class: Internal, Message: "the answer could not be written", Err: err}
	}
	return nil
}

// PrintJSON prints v as one object on one line. "<" and "&" aren't escaped: no reader is a browser, and some compare
// bytes.
func (c *Call) PrintJSON(v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return &Failure{Class: Internal, Message: "the answer could not be encoded", Err: err}
	}
	return c.Print(b.Bytes())
}

// InputLimit is how many bytes of stdin, or of a variable that a client sets, a helper reads.
const InputLimit = 1 << 20

// ErrTooLong is returned by Input for more than InputLimit bytes.
var ErrTooLong = errors.New("the input is longer than 1 MiB")

// Input reads stdin to its end. A person who runs the helper by hand is told what it waits for.
func (c *Call) Input(what string) ([]byte, error) {
	c.Await(what)
	b, err := io.ReadAll(io.LimitReader(c.Stdin, InputLimit+1))
	switch {
	case err != nil:
		return nil, err
	case len(b) > InputLimit:
		return nil, ErrTooLong
	}
	return b, nil
}

// Await tells a person at the terminal what a helper is about to read.
func (c *Call) Await(what string) {
	if c.Terminal {
		_, _ = io.WriteString(c.Stderr, "credential-idcs: waiting for "+what+" on stdin, Ctrl-D ends it\n")
	}
}

// AsFailure returns the Failure that err is or wraps. Any other error is a mistake of this program, and becomes an
// internal one.
func AsFailure(err error) *Failure {
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	return &Failure{Class: Internal, Message: "internal error", Err: err}
}
