package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

// errNotAsExpected ends a demo that came out otherwise than it should. What was wrong has been
// printed where it happened.
var errNotAsExpected = errors.New("not as expected")

// A shell runs command lines as a person types them and prints them with what came back. It has an
// environment and a home folder of its own.
type shell struct {
	out  io.Writer
	home string
	env  []string

	seen map[string]string // the long outputs so far, by command line
}

// A result is what came back from a command: both its streams as a terminal mixes them.
type result struct {
	line   string
	output string
	status int
	err    error // it could not be run at all
}

// say prints text for the person who watches, with the home folder as ~.
func (sh *shell) say(format string, args ...any) {
	_, _ = fmt.Fprintln(sh.out, strings.ReplaceAll(fmt.Sprintf(format, args...), sh.home, "~"))
}

// title begins a part of the demo.
func (sh *shell) title(text string) { sh.say("\n## %s\n", text) }

// wrong says what is not as expected.
func (sh *shell) wrong(format string, args ...any) error {
	sh.say("\n!! NOT AS EXPECTED: "+format, args...)
	return errNotAsExpected
}

// run runs a line, prints it, and fails unless it ends with the status and its output holds all of
// the words.
func (sh *shell) run(ctx context.Context, line string, status int, words ...string) error {
	r := sh.silently(ctx, line)
	sh.print(r)
	return sh.judge(ctx, r, status, words...)
}

// together starts all lines at the same moment, and prints them in the order given when all have
// ended. All have to succeed.
func (sh *shell) together(ctx context.Context, lines ...string) error {
	results := make([]result, len(lines))
	var all sync.WaitGroup
	for i, line := range lines {
		all.Go(func() { results[i] = sh.silently(ctx, line) })
	}
	all.Wait()
	for _, r := range results {
		sh.print(r)
		if err := sh.judge(ctx, r, 0); err != nil {
			return err
		}
	}
	return nil
}

func (sh *shell) judge(ctx context.Context, r result, status int, words ...string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if r.err != nil {
		return sh.wrong("%q could not be run: %v", r.line, r.err)
	}
	if r.status != status {
		return sh.wrong("exit status %d, want %d", r.status, status)
	}
	for _, w := range words {
		if !strings.Contains(r.output, w) {
			return sh.wrong("the output does not have %q", w)
		}
	}
	return nil
}

// silently runs a line and prints nothing.
func (sh *shell) silently(ctx context.Context, line string) result {
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", line)
	cmd.Dir, cmd.Env = sh.home, sh.env
	// What the shell started may outlive it and hold the pipe.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 2 * time.Second
	output, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		return result{line: line, err: err}
	}
	return result{line: line, output: string(output), status: cmd.ProcessState.ExitCode()}
}

// print prints a line and what came back. A long output that was there before isn't repeated.
func (sh *shell) print(r result) {
	sh.say("$ %s", r.line)
	text := strings.TrimRight(r.output, "\n")
	n := strings.Count(text, "\n") + 1
	switch {
	case text == "":
	case n > 5 && sh.seen[r.line] == text:
		sh.say("(the same %d lines as before)", n)
	default:
		sh.say("%s", text)
		sh.seen[r.line] = text
	}
	if r.status != 0 {
		sh.say("(exit status %d)", r.status)
	}
}

// environment is all that the commands see: no setting of the person who runs the demo, but what the
// system needs to start a program.
func environment(home, dockerHost string) []string {
	env := []string{
		"PATH=" + home + "/.local/bin" + string(os.PathListSeparator) + os.Getenv("PATH"),
		"HOME=" + home,
		"XDG_CONFIG_HOME=" + home + "/.config",
		"XDG_CACHE_HOME=" + home + "/.cache",
		"XDG_RUNTIME_DIR=" + home + "/.run",
		"TMPDIR=" + home + "/.tmp",
		"LC_ALL=C",
		"GIT_CONFIG_GLOBAL=" + home + "/.gitconfig",
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_TERMINAL_PROMPT=0",
		"GIT_SSL_CAINFO=" + home + "/ca.pem",
		"DOCKER_CONFIG=" + home + "/.docker",
		"KUBECONFIG=" + home + "/.kube/config",
		"DOCKER_CLI_HINTS=false",
	}
	if dockerHost != "" {
		env = append(env, "DOCKER_HOST="+dockerHost)
	}
	for _, name := range []string{"SYSTEMROOT", "PATHEXT"} { // Windows
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return slices.Clip(env)
}
