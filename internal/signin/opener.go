package signin

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/credential-idcs/credential-idcs/internal/host"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// An Opener starts the person's browser.
type Opener struct {
	Environ []string // as os.Environ
	Hide    []string // names of variables that hold secrets: the browser doesn't get them
}

// Open shows url with $BROWSER (a command, with arguments if it has any, that gets the URL as its
// last one; no shell takes part), else with the system's own opener. It returns as soon as the
// command runs. exit then gets one value, nil or why the command failed; a browser may never exit,
// and nothing needs to read it.
//
// The command runs in a session of its own, so that the Ctrl-C which ends a login doesn't end the
// browser too. It reads and prints nothing: a browser's chatter isn't for the terminal, and stdout is
// a protocol's. Its environment lacks Hide, KUBERNETES_EXEC_INFO and GIT_*.
func (o Opener) Open(url string) (exit <-chan error, err error) {
	if !strings.HasPrefix(url, "https://") {
		return nil, errors.New("not an https address") // an opener opens anything: files, programs
	}
	words, err := o.command()
	if err != nil {
		return nil, err
	}
	name := text.Clean(filepath.Base(words[0]))
	cmd := exec.Command(words[0], append(words[1:], url)...)
	cmd.Env = host.ChildEnviron(o.Environ, o.Hide...)
	detach(cmd)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, plain(err))
	}
	done := make(chan error, 1)
	go func() {
		if err := cmd.Wait(); err != nil {
			done <- fmt.Errorf("%s: %w", name, err)
			return
		}
		done <- nil
	}()
	return done, nil
}

// Find is nil if Open would find a browser. What $BROWSER names needs no screen of ours.
func (o Opener) Find() error {
	if _, err := o.command(); err != nil || o.getenv("BROWSER") != "" {
		return err
	}
	return o.display()
}

// command is the words before the URL, the first an absolute path.
func (o Opener) command() ([]string, error) {
	browser := o.getenv("BROWSER")
	words := strings.Fields(browser)
	if len(words) == 0 {
		return o.system()
	}
	if filepath.IsAbs(browser) && runs(browser) {
		return []string{browser}, nil // a path with spaces
	}
	path, err := o.look(words[0])
	if err != nil {
		return nil, fmt.Errorf("$BROWSER: %w", err)
	}
	return append([]string{path}, words[1:]...), nil
}

// look finds a program in the absolute parts of PATH: what lies in the working directory isn't ours
// to run.
func (o Opener) look(name string) (string, error) {
	path, err := host.Look(o.getenv("PATH"), name)
	switch {
	case err == nil:
		return path, nil
	case filepath.IsAbs(name):
		return "", fmt.Errorf("%s can't be run", text.Clean(name))
	case filepath.Base(name) != name:
		return "", fmt.Errorf("%s is neither a name nor an absolute path", text.Clean(name))
	}
	return "", fmt.Errorf("%s is %w", text.Clean(name), err)
}

func runs(path string) bool {
	_, err := host.Look("", path)
	return err == nil
}

// getenv takes the last of several, as os/exec does.
func (o Opener) getenv(name string) (value string) {
	for _, v := range o.Environ {
		if n, s, _ := strings.Cut(v, "="); n == name {
			value = s
		}
	}
	return value
}

// plain is an error without the path and the name of the system call.
func plain(err error) error {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		return p.Err
	}
	return err
}
