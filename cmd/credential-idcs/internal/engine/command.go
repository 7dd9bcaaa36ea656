package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/text"
)

// commandLimit is how long a secret_command may take. It runs under the lock, and others wait.
const commandLimit = 3 * time.Second

// run runs a secret_command and returns what it printed. No shell takes part. It gets nothing on
// stdin and none of the secrets that our environment holds. When its time is over its whole process
// group is killed; a process that it leaves behind on purpose isn't waited for.
func (e *Engine) run(ctx context.Context, words []string) (string, error) {
	name := text.Clean(words[0])
	path, err := e.lookPath(words[0])
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, words[1:]...)
	cmd.Dir = "/"
	cmd.Env = e.scrubbed()
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

// lookPath finds a program in the absolute parts of PATH only: what lies in the working directory
// isn't ours to run.
func (e *Engine) lookPath(name string) (string, error) {
	if filepath.IsAbs(name) {
		return name, nil
	}
	for _, dir := range filepath.SplitList(e.world.Getenv("PATH")) {
		if !filepath.IsAbs(dir) {
			continue
		}
		if p, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return p, nil
		}
	}
	return "", fmt.Errorf("secret_command %s: %w", text.Clean(name), os.ErrNotExist)
}

// scrubbed is the environment of a child: ours without the secret of any profile's client, without what kubectl told
// us about a cluster, and without git's settings.
func (e *Engine) scrubbed() []string {
	var env []string
	for _, v := range e.world.Environ() {
		name, _, _ := strings.Cut(v, "=")
		hidden := name == "KUBERNETES_EXEC_INFO" || strings.HasPrefix(name, "GIT_") || slices.Contains(e.world.Hide, name)
		if !hidden {
			env = append(env, v)
		}
	}
	return env
}

// limited keeps the first 64 KiB that are written to it.
type limited struct{ bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	if room := 64<<10 - l.Len(); room > 0 {
		l.Buffer.Write(p[:min(len(p), room)])
	}
	return len(p), nil
}
