package main

import (
	"context"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/helpers/bazel"
	"github.com/credential-idcs/credential-idcs/helpers/cargo"
	"github.com/credential-idcs/credential-idcs/helpers/docker"
	"github.com/credential-idcs/credential-idcs/helpers/git"
	"github.com/credential-idcs/credential-idcs/helpers/goauth"
	"github.com/credential-idcs/credential-idcs/helpers/google"
	"github.com/credential-idcs/credential-idcs/helpers/keyring"
	"github.com/credential-idcs/credential-idcs/helpers/kubectl"
	"github.com/credential-idcs/credential-idcs/helpers/kubelet"
	"github.com/credential-idcs/credential-idcs/helpers/pnpm"
	"github.com/credential-idcs/credential-idcs/helpers/terraform"
	"github.com/credential-idcs/credential-idcs/internal/build"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// allHelpers are the protocols that the program speaks.
var allHelpers = []*helpers.Helper{
	&git.Helper,
	&docker.Helper,
	&kubectl.Helper,
	&goauth.Helper,
	&bazel.Helper,
	&cargo.Helper,
	&terraform.Helper,
	&kubelet.Helper,
	&keyring.Helper,
	&pnpm.Helper,
	&google.Helper,
}

// dispatch acts by the name that the program is run under, else by its first argument.
func (a *app) dispatch(ctx context.Context) error {
	if a.Refusal != "" {
		return &helpers.Failure{Class: helpers.Internal, Message: a.Refusal}
	}
	name, args := "", []string(nil)
	if len(a.Args) > 0 {
		name, args = filepath.Base(a.Args[0]), a.Args[1:]
	}
	if runtime.GOOS == "windows" {
		name = strings.TrimSuffix(name, ".exe")
	}
	for _, h := range allHelpers {
		for _, base := range h.Bases {
			if name == base {
				return a.help(ctx, h, args)
			}
		}
	}
	args = a.globals(args)
	if len(args) == 0 {
		a.say(usage())
		return &helpers.Exit{Status: helpers.Usage.Exit()}
	}
	first, rest := args[0], args[1:]
	for _, h := range allHelpers {
		if first == h.Name {
			return a.help(ctx, h, rest)
		}
		if slices.Contains(h.Words, first) {
			return a.help(ctx, h, args)
		}
	}
	if c := command(first); c != nil {
		return c.run(ctx, a, rest)
	}
	switch first {
	case "--config", "-config", "--profile", "-profile", "-p":
		return misuse("option "+first+" needs a value", "credential-idcs help")
	}
	if strings.HasPrefix(first, "-") {
		return misuse("unknown option", "credential-idcs help")
	}
	return misuse("unknown command"+didYouMean(first, verbNames()), "credential-idcs help")
}

// globals takes --config FILE, --profile NAME and --debug from the front of args. What it doesn't know it
// leaves: a protocol has its own words for a wrong argument.
func (a *app) globals(args []string) []string {
	for len(args) > 0 {
		name, value, joined := strings.Cut(args[0], "=")
		var to *string
		switch name {
		case "--debug":
			if joined {
				return args
			}
			a.debug, args = true, args[1:]
			continue
		case "--config", "-config":
			to = &a.config
		case "--profile", "-profile", "-p":
			to = &a.profile
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

// help runs a helper for one call.
func (a *app) help(ctx context.Context, h *helpers.Helper, args []string) error {
	a.silent = h.Silent
	rest := a.withoutDebug(a.globals(args))
	if h.Usage != "" && len(rest) == 1 && (rest[0] == "-h" || rest[0] == "--help") {
		return a.helperHelp(h)
	}
	if log := a.debugLog(); log != nil {
		log("helper called", "helper", h.Name, "version", build.Version())
	}
	defer func() {
		if log := a.debugLog(); log != nil && a.file == nil {
			log("the input alone decided", "configuration", "not read")
		}
	}()
	return h.Run(ctx, &helpers.Call{
		Args: rest, Stdin: a.Stdin, Stdout: a.Stdout, Stderr: a.Stderr,
		Terminal: len(rest) > 0 && a.Terminal(0), Getenv: a.Getenv, Now: a.Now, Profile: a.profile,
		Module: module, Version: build.Version(),
		Open: a.open,
	})
}

const module = "github.com/credential-idcs/credential-idcs"

// open makes the source of a call's credentials. It reads the configuration and nothing else.
func (a *app) open() (helpers.Source, error) {
	f, err := a.load(true)
	if err != nil {
		return nil, err
	}
	s := &source{file: f, app: a}
	if a.profile != "" {
		if _, err := f.Profile(a.profile); err != nil && !f.Missing {
			return nil, explainConfig(err)
		}
	}
	return s, nil
}

// misuse is a usage error. It repeats nothing of the command line: a secret may have been typed there.
func misuse(what, instead string) error {
	return &helpers.Failure{Class: helpers.Usage, Message: what, Command: instead}
}

// didYouMean is the word of a list that a wrong one is nearest to. The wrong one isn't repeated.
func didYouMean(wrong string, list []string) string {
	if m := text.Nearest(wrong, list); m != "" {
		return `; did you mean "` + m + `"?`
	}
	return ""
}
