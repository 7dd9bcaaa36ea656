package signin

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

func TestAPasswordFromAPipe(t *testing.T) {
	for in, want := range map[string]string{
		"pw": "pw", "pw\n": "pw", "pw\r\n": "pw", " p w \n": " p w ", "пароль\n": "пароль", strings.Repeat("x", 4096) + "\n": strings.Repeat("x", 4096),
	} {
		got, err := Password(bound(t), pipe(t, in), io.Discard, "Password")
		if err != nil || got.Reveal() != want {
			t.Errorf("%.20q: got %q, %v", in, got.Reveal(), err)
		}
	}
	for in, want := range map[string]error{
		"": ErrNoPassword, "\n": ErrNoPassword, "\r\n": ErrNoPassword,
		"a\nb\n": ErrPasswordLines, "a\n\n": ErrPasswordLines, "a\x00b": ErrPasswordLines, strings.Repeat("x", 4097): ErrPasswordLines,
		strings.Repeat("x", 1<<16): ErrPasswordLines,
	} {
		var stderr paper
		got, err := Password(bound(t), pipe(t, in), &stderr, "Password")
		if !errors.Is(err, want) || !got.Empty() || stderr.String() != "" {
			t.Errorf("%.20q: got %d bytes, %v, stderr %q", in, got.Len(), err, stderr.String())
		}
	}
}

// pipe is a stdin that holds s.
func pipe(t *testing.T, s string) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.WriteString(w, s); _ = w.Close() }()
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func TestASilentPipeEndsWithTheContext(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	why := errors.New("ended by signal 2")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err := Password(ctx, r, io.Discard, "Password"); !errors.Is(err, why) {
		t.Errorf("got %v, want %v", err, why)
	}
}
