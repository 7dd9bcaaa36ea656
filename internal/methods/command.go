package methods

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/host"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// How long a command of the configuration may run: under the lock, for which others wait, and if it may ask a person.
const (
	commandLimit = 3 * time.Second
	askingLimit  = 2 * time.Minute
)

// A Terminal is the terminal of a person.
type Terminal struct{ Stdin, Stderr *os.File }

// run runs a command, the value of a key of the configuration, without a shell and without the secrets of our
// environment, and returns what it printed.
//
// Without a terminal it gets input on stdin, and when its time is over its whole process group is killed; a process
// that it leaves running on purpose isn't waited for. With a terminal it has its stdin and stderr, where pinentry, op
// and bw ask, and stays in our process group, since a terminal stops other groups that read it.
func (m Machine) run(ctx context.Context, key string, words []string, at *Terminal, input []byte) ([]byte, error) {
	name := key + " " + text.Clean(words[0])
	path, err := words[0], error(nil)
	if !filepath.IsAbs(path) {
		if path, err = host.Look(m.Getenv("PATH"), path); err != nil {
			return nil, fmt.Errorf("%s: %w", name, os.ErrNotExist)
		}
	}
	limit := commandLimit
	if at != nil {
		limit = askingLimit
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, words[1:]...)
	cmd.Dir = "/"
	cmd.Env = host.ChildEnviron(m.Environ(), m.Hide...)
	if input != nil {
		cmd.Stdin = bytes.NewReader(input)
	}
	var out, problem limited
	cmd.Stdout, cmd.Stderr = &out, &problem
	if at != nil {
		cmd.Stdin, cmd.Stderr = at.Stdin, at.Stderr
	} else {
		ownGroup(cmd)
		cmd.Cancel = func() error { return killGroup(cmd) }
	}
	cmd.WaitDelay = 100 * time.Millisecond
	err = cmd.Run()
	switch {
	case errors.Is(context.Cause(ctx), context.DeadlineExceeded):
		return nil, fmt.Errorf("%s took longer than %s", name, limit)
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil && !errors.Is(err, exec.ErrWaitDelay):
		lines := strings.FieldsFunc(problem.kept.String(), func(r rune) bool { return r == '\n' || r == '\r' })
		if said := text.Clean(strings.Join(lines, "; ")); said != "" {
			return nil, fmt.Errorf("%s failed: %s", name, said)
		}
		return nil, fmt.Errorf("%s failed: %s", name, text.Clean(err.Error()))
	}
	return out.kept.Bytes(), nil
}

// limited stores the first 64 KiB that are written to it. The buffer isn't embedded: its ReadFrom has no limit.
type limited struct{ kept bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	if room := 64<<10 - l.kept.Len(); room > 0 {
		l.kept.Write(p[:min(len(p), room)])
	}
	return len(p), nil
}
