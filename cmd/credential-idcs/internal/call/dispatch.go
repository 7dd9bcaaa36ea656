package call

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/host"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// helper finds the helper that the process was started as, by the program's name or else by its first argument,
// and the helper's arguments; nil if it is none. Global options before that argument are read into a.
func (a *App) helper() (h *helpers.Helper, args []string) {
	if len(a.Args) == 0 {
		return nil, nil
	}
	name, args := filepath.Base(a.Args[0]), a.Args[1:]
	if ext := filepath.Ext(name); runtime.GOOS == "windows" && strings.EqualFold(ext, ".exe") { // pip runs keyring.EXE
		name = strings.TrimSuffix(name, ext)
	}
	for _, h := range Helpers {
		if slices.Contains(h.Bases, name) {
			return h, args
		}
	}
	args = a.Globals(args)
	if len(args) == 0 {
		return nil, nil
	}
	for _, h := range Helpers {
		if args[0] == h.Name {
			return h, args[1:]
		}
		if slices.Contains(h.Words, args[0]) {
			return h, args
		}
	}
	return nil, nil
}

// Globals reads --config FILE, --profile NAME and --debug at the front of args and returns the rest. It stops at
// anything else: a protocol has its own message for a wrong argument.
func (a *App) Globals(args []string) []string {
	for len(args) > 0 {
		name, value, joined := strings.Cut(args[0], "=")
		var to *string
		switch name {
		case "--debug":
			if joined {
				return args
			}
			a.Debug, args = true, args[1:]
			continue
		case "--config", "-config":
			to = &a.Config
		case "--profile", "-profile", "-p":
			to = &a.Profile
		default:
			return args
		}
		if joined {
			*to, args = value, args[1:]
			continue
		}
		if len(args) < 2 {
			return args
		}
		*to, args = args[1], args[2:]
	}
	return args
}

// ownArgs are the arguments of a helper without the program's own options, which may be anywhere among them.
func (a *App) ownArgs(h *helpers.Helper, args []string) (own []string) {
	for args = a.Globals(args); len(args) > 0; args = a.Globals(args) {
		name, _, joined := strings.Cut(args[0], "=")
		if !slices.Contains(h.Options, name) {
			break
		}
		n := 2
		if joined || len(args) == 1 {
			n = 1
		}
		own, args = append(own, args[:n]...), args[n:]
	}
	return a.withoutDebug(append(own, args...))
}

// A Line is a command line as the program reads it.
type Line struct {
	Helper  *helpers.Helper // nil: the line runs no helper
	Args    []string        // the helper's own
	Config  string          // --config
	Profile string          // --profile
}

// Read reads a command line, with the program's name as its first word, as the program itself would.
func Read(words []string) Line {
	a := &App{Process: &host.Process{Args: words}}
	h, args := a.helper()
	if h == nil {
		return Line{Config: a.Config, Profile: a.Profile}
	}
	own := a.ownArgs(h, args)
	return Line{Helper: h, Args: own, Config: a.Config, Profile: a.Profile}
}

// call runs a helper.
func (a *App) call(ctx context.Context, h *helpers.Helper, args []string) error {
	if a.Refusal != "" {
		return &helpers.Failure{Class: helpers.Internal, Message: a.Refusal}
	}
	a.Silent, a.tool = h.Silent, h.Tool
	if a.tool == "" {
		a.tool = h.Name
	}
	rest := a.ownArgs(h, args)
	asks := len(rest) == 1 && rest[0] == "get" && (a.tool == "git" || a.tool == "docker")
	if h.Usage != "" && len(rest) == 1 && (rest[0] == "-h" || rest[0] == "--help") {
		return PrintHelp(a.Stdout, h)
	}
	if log := a.Log(); log != nil {
		log("helper called", "helper", h.Name, "version", a.version())
	}
	defer func() {
		if log := a.Log(); log != nil && a.File == nil {
			log("the input alone decided", "configuration", "not read")
		}
	}()
	return h.Run(ctx, &helpers.Call{
		Args: rest, Stdin: a.Stdin, Stdout: a.Stdout, Stderr: a.Stderr,
		Terminal: len(rest) > 0 && a.Terminal(0), Getenv: a.Getenv, Now: a.Now, Profile: a.Profile,
		Module: module, Version: a.version,
		Open: func() (helpers.Source, error) { return a.open(asks) }, GitSection: a.gitSection,
	})
}

// version is the program's version. Only main knows it: reading it needs package runtime/debug, which this package
// must not import (see doc.go).
func (a *App) version() string {
	if a.Version == nil {
		a.unanswered = true
		return ""
	}
	return a.Version()
}

const module = "github.com/credential-idcs/credential-idcs"

// open makes the source of a call's credentials. It reads the configuration and nothing else. asks: git or docker
// asks for a credential.
func (a *App) open(asks bool) (helpers.Source, error) {
	f, err := a.Load(true)
	if err != nil {
		return nil, err
	}
	if f.Missing && asks { // git would ask for a password, and nobody would know why
		a.Tell(&helpers.Failure{Message: "there is no configuration file " + text.Clean(f.Path), Command: "credential-idcs init"})
	}
	s := &source{file: f, app: a}
	if a.Profile != "" {
		if _, err := f.Profile(a.Profile); err != nil && !f.Missing {
			return nil, ExplainConfig(err)
		}
	}
	return s, nil
}

// PrintHelp prints a helper's manual.
func PrintHelp(w io.Writer, h *helpers.Helper) error {
	words := h.Usage
	if words == "" {
		words = "credential-idcs " + h.Name + " …"
	}
	_, err := fmt.Fprintf(w, "usage: %s\n\n%s.\n", words, strings.ToUpper(h.About[:1])+h.About[1:])
	return err
}
