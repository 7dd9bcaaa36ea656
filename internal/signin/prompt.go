package signin

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"github.com/credential-idcs/credential-idcs/internal/secret"
)

// longestPassword is in bytes; a terminal's line is shorter.
const longestPassword = 4096

// Password reads a password: from a terminal without echo, after question and a colon ("Password of ana@example.com");
// else all of stdin, one line, without its line break.
//
// Errors: ErrNoPassword, ErrPasswordLines, the cause of ctx. When ctx ends, the terminal echoes again, and the result of
// the read is dropped.
func Password(ctx context.Context, stdin *os.File, stderr io.Writer, question string) (secret.Text, error) {
	fd := int(stdin.Fd())
	if !term.IsTerminal(fd) {
		return readPassword(ctx, func() ([]byte, error) {
			return io.ReadAll(io.LimitReader(stdin, longestPassword+3))
		})
	}
	before, err := term.GetState(fd)
	if err != nil {
		return secret.Text{}, fmt.Errorf("the terminal can't be asked: %w", err)
	}
	_, _ = fmt.Fprintf(stderr, "%s: ", question)
	stop := stayQuiet(stdin)
	s, err := readPassword(ctx, func() ([]byte, error) { return term.ReadPassword(fd) })
	if again := stop(); again || ctx.Err() != nil {
		_ = term.Restore(fd, before)
	}
	_, _ = io.WriteString(stderr, "\n") // that of the Enter key wasn't echoed
	return s, err
}

func readPassword(ctx context.Context, read func() ([]byte, error)) (secret.Text, error) {
	type line struct {
		b   []byte
		err error
	}
	got := make(chan line, 1)
	go func() {
		b, err := read()
		got <- line{b, err}
	}()
	select {
	case <-ctx.Done():
		return secret.Text{}, context.Cause(ctx)
	case l := <-got:
		if l.err != nil && l.err != io.EOF {
			return secret.Text{}, fmt.Errorf("the password could not be read: %w", plain(l.err))
		}
		return onePassword(l.b)
	}
}

func onePassword(b []byte) (secret.Text, error) {
	b = bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))
	switch {
	case len(b) == 0:
		return secret.Text{}, ErrNoPassword
	case len(b) > longestPassword || bytes.ContainsAny(b, "\r\n\x00"):
		return secret.Text{}, ErrPasswordLines
	}
	return secret.New(string(b)), nil
}
