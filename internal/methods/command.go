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

// commandLimit is how long a secret_command may take. It runs under the lock, and others wait.
const commandLimit = 3 * time.Second

// run runs a secret_command and returns what it printed. No shell takes part. It gets nothing on
// stdin and none of the secrets that our environment holds. When its time is over its whole process
// group is killed; a process that it leaves behind on purpose isn't waited for.
func (m Machine) run(ctx context.Context, words []string) (string, error) {
	name := text.Clean(words[0])
	path, err := words[0], error(nil)
	if !filepath.IsAbs(path) {
		if path, err = host.Look(m.Getenv("PATH"), path); err != nil {
			return "", fmt.Errorf("secret_command %s: %w", name, os.ErrNotExist)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, words[1:]...)
	cmd.Dir = "/"
	cmd.Env = host.ChildEnviron(m.Environ(), m.Hide...)
	var out, problem limited
	cmd.Stdout, cmd.Stderr = &out, &problem
	ownGroup(cmd)
	cmd.Cancel = func() error { return killGroup(cmd) }
	cmd.WaitDelay = 100 * time.Millisecond
	err = cmd.Run()
	switch {
	case ctx.Err() != nil:
		return "", fmt.Errorf("secret_command %s took longer than %s", name, commandLimit)
	case err != nil && !errors.Is(err, exec.ErrWaitDelay):
		if said := text.Clean(strings.TrimSpace(problem.String())); said != "" {
			return "", fmt.Errorf("secret_command %s failed: %s", name, said)
		}
		return "", fmt.Errorf("secret_command %s failed: %s", name, text.Clean(err.Error()))
	}
	return out.String(), nil
}

// limited keeps the first 64 KiB that are written to it.
type limited struct{ bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	if room := 64<<10 - l.Len(); room > 0 {
		l.Buffer.Write(p[:min(len(p), room)])
	}
	return len(p), nil
}
