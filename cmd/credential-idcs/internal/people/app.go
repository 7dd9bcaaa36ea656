package people

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/engine"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/host"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// An app is one run of a command.
type app struct{ *call.App }

// Run runs a command and returns the exit status of the process.
func Run(ctx context.Context, p *host.Process) (status int) {
	a := &app{&call.App{Process: p}}
	return a.End(a.dispatch(ctx))
}

// dispatch acts by the first argument.
func (a *app) dispatch(ctx context.Context) error {
	var args []string
	if len(a.Args) > 0 {
		args = a.Globals(a.Args[1:])
	}
	if len(args) == 0 {
		a.Say(usage())
		return &helpers.Exit{Status: helpers.Usage.Exit()}
	}
	first := args[0]
	if c := command(first); c != nil {
		return a.do(ctx, c, args[1:])
	}
	switch first {
	case "--config", "-config", "--profile", "-profile", "-p":
		return misuse("option "+first+" needs a value", "credential-idcs help")
	}
	if strings.HasPrefix(first, "-") {
		return misuse("unknown option", "credential-idcs help")
	}
	return misuse("unknown command"+didYouMean(first, Commands()), "credential-idcs help")
}

// chosen is the profile that a person means: by the operand, --profile or the variable, else the default, else the
// only one.
func (a *app) chosen(operand string) (*config.Profile, error) {
	f, err := a.Load(false)
	if err != nil {
		return nil, err
	}
	p, err := f.Choose(operand, a.Profile, a.Getenv("CREDENTIAL_IDCS_PROFILE"))
	if err != nil {
		return nil, call.ExplainConfig(err)
	}
	return p, nil
}

// engine is the engine of a profile's own tokens. Its error is a *helpers.Failure.
//
//go:noinline
func (a *app) engine(p *config.Profile) (*engine.Engine, error) { return engine.For(a.App, p, nil) }

// environment is the process's without the secrets of clients, for tools that are run to print their settings.
func (a *app) environment() []string {
	return append(host.Without(a.Environ(), a.SecretVariables()...), call.UnsetFolders(a.Getenv)...)
}

// alive shows on a terminal what the program waits for, if that takes a while, until done.
func (a *app) alive(what string) (done func()) { return a.Progress().Busy(what) }

// printJSON prints a value on one line.
func (a *app) printJSON(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = a.Stdout.Write(append(b, '\n'))
	return err
}

// failed explains an error of a command. A signal stays as it is: it ends the process.
func (a *app) failed(p *config.Profile, err error) error {
	if _, ok := errors.AsType[*cache.SignalError](err); ok {
		return err
	}
	return call.Explain(p.Name, err)
}

// misuse is a usage error. It repeats nothing of the command line: a secret may have been typed there.
//
//go:noinline
func misuse(what, instead string) error {
	return &helpers.Failure{Class: helpers.Usage, Message: what, Command: instead}
}

// didYouMean is `; did you mean "push"?`, with the word of the list that is nearest to the wrong one, or empty.
func didYouMean(wrong string, list []string) string {
	if m := text.Nearest(wrong, list); m != "" {
		return `; did you mean "` + m + `"?`
	}
	return ""
}
