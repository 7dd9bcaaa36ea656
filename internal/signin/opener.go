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
	Hide    []string // names of variables with secrets: the browser doesn't get them
}

// Open opens url with $BROWSER, else with the system's own opener. $BROWSER is a list of commands, separated by ":" (on
// Windows ";"); the next is tried if one can't be run or fails. A command is words, with quotes around those that have
// blanks, or a path with blanks; %s in a word is replaced by the URL, else that is the last argument. It is run without
// a shell. Open returns as soon as a command runs. exit then gets one value, nil or why the last command failed. A
// browser may never exit, and exit need not be read.
//
// The command runs in a session of its own, so that Ctrl-C ends the login but not the browser. It has no stdin, stdout
// or stderr: stdout belongs to a protocol. Its environment lacks Hide, KUBERNETES_EXEC_INFO and GIT_*.
func (o Opener) Open(url string) (exit <-chan error, err error) {
	if !strings.HasPrefix(url, "https://") {
		return nil, errors.New("not an https address") // an opener would also open files and programs
	}
	commands, err := o.commands()
	if err != nil {
		return nil, err
	}
	next := func() (cmd *exec.Cmd, err error) {
		for cmd == nil && len(commands) > 0 {
			cmd, err = o.start(commands[0], url)
			commands = commands[1:]
		}
		return cmd, err
	}
	cmd, err := next()
	if cmd == nil {
		return nil, err
	}
	done := make(chan error, 1)
	go func(cmd *exec.Cmd) {
		for {
			err := cmd.Wait()
			if err != nil {
				err = fmt.Errorf("%s: %w", commandName(cmd.Path), err)
			}
			if err == nil || len(commands) == 0 {
				done <- err
				return
			}
			if cmd, err = next(); cmd == nil {
				done <- err
				return
			}
		}
	}(cmd)
	return done, nil
}

// start runs one command. Its first word is an absolute path.
func (o Opener) start(words []string, url string) (*exec.Cmd, error) {
	args, placed := []string{}, false
	for _, w := range words[1:] {
		placed = placed || strings.Contains(w, "%s")
		args = append(args, strings.ReplaceAll(w, "%s", url))
	}
	if !placed {
		args = append(args, url)
	}
	cmd := exec.Command(words[0], args...)
	cmd.Env = host.ChildEnviron(o.Environ, o.Hide...)
	detach(cmd)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", commandName(words[0]), plain(err))
	}
	return cmd, nil
}

func commandName(path string) string { return text.Clean(filepath.Base(path)) }

// Find is why Open wouldn't find a browser, or nil. The command of $BROWSER may do without a display.
func (o Opener) Find() error {
	if _, err := o.commands(); err != nil || o.getenv("BROWSER") != "" {
		return err
	}
	return o.display()
}

// commands are the commands that can be run, in order, each with an absolute path as its first word. If there is none,
// the error is the first command's.
func (o Opener) commands() (list [][]string, err error) {
	browser := o.getenv("BROWSER")
	if strings.TrimSpace(browser) == "" {
		words, err := o.system()
		return [][]string{words}, err
	}
	entries := filepath.SplitList(browser)
	if filepath.IsAbs(browser) && runs(browser) {
		entries = []string{browser}
	}
	for _, entry := range entries {
		words, e := o.command(strings.TrimSpace(entry))
		switch {
		case e == nil && words != nil:
			list = append(list, words)
		case err == nil:
			err = e
		}
	}
	if len(list) > 0 {
		return list, nil
	}
	return nil, fmt.Errorf("$BROWSER: %w", err)
}

// command is the words of one entry of $BROWSER; none for an empty one.
func (o Opener) command(entry string) ([]string, error) {
	// A path with blanks, perhaps with arguments behind it.
	for end := len(entry); end > 0 && filepath.IsAbs(entry); end = strings.LastIndexByte(entry[:end], ' ') {
		if path := strings.TrimSpace(entry[:end]); runs(path) {
			return append([]string{path}, fields(entry[end:])...), nil
		}
	}
	words := fields(entry)
	if len(words) == 0 {
		return nil, nil
	}
	path, err := o.look(words[0])
	if err != nil {
		return nil, err
	}
	return append([]string{path}, words[1:]...), nil
}

// fields are the words of a command; text in quotes is one word.
func fields(s string) (words []string) {
	var (
		word  strings.Builder
		begun bool
		quote rune
	)
	for _, r := range s {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '"' || r == '\''):
			quote, begun = r, true
		case quote == 0 && (r == ' ' || r == '\t'):
			if begun {
				words = append(words, word.String())
				word.Reset()
			}
			begun = false
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if begun {
		words = append(words, word.String())
	}
	return words
}

// look is host.Look with an error for people.
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

// getenv returns the last of several values, as os/exec does.
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
