package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/engine"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/build"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/host"
)

// An app is one run of the program: the process and the two flags that all of it understands.
type app struct {
	*host.Process
	config  string       // --config
	profile string       // --profile
	file    *config.File // once it is loaded
	silent  bool         // nothing but failures may go to stderr
	noticed map[string]bool

	debug   bool // --debug
	journal *journal
	logger  func(msg string, args ...any) // writes to journal; see debugLog
	mute    bool                          // nobody needs to ask again whether there is a log
}

// run does what the program is asked for and returns the exit status of the process.
func run(ctx context.Context, p *host.Process) int {
	a := &app{Process: p}
	err := a.dispatch(ctx)
	a.endLog(err)
	if err == nil {
		return 0
	}
	if s, ok := errors.AsType[*cache.SignalError](err); ok {
		return 128 + s.Number
	}
	if e, ok := errors.AsType[*helpers.Exit](err); ok {
		if e.Err != nil {
			a.say(helpers.AsFailure(e.Err).Lines())
		}
		return e.Status
	}
	f := helpers.AsFailure(unwritten(err))
	a.say(f.Lines())
	return f.Class.Exit()
}

// unwritten says of output that found no reader or no room what a person can do something about.
func unwritten(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok && e.Op == "write" && helpers.AsFailure(err).Message == "internal error" {
		return &helpers.Failure{Class: helpers.Internal, Message: "the output could not be written: " + e.Err.Error(), Err: err}
	}
	return err
}

func (a *app) say(lines string) { _, _ = io.WriteString(a.Stderr, lines) }

// notice tells people something once a run that doesn't keep it from being done.
func (a *app) notice(line string) {
	if a.silent || a.noticed[line] {
		return
	}
	if a.noticed == nil {
		a.noticed = map[string]bool{}
	}
	a.noticed[line] = true
	a.say("credential-idcs: " + line + "\n")
}

// load reads the configuration. Its error is a *helpers.Failure of class Config.
func (a *app) load(helper bool) (*config.File, error) {
	path, err := a.configPath(helper)
	if err != nil {
		return nil, err
	}
	f, err := config.Load(path, a.home())
	if err != nil {
		return nil, explainConfig(err)
	}
	a.file = f
	return f, nil
}

// chosen is the profile that a person means: the operand, --profile, the variable, the default, the
// only one.
func (a *app) chosen(operand string) (*config.Profile, error) {
	f, err := a.load(false)
	if err != nil {
		return nil, err
	}
	p, err := f.Choose(operand, a.profile, a.Getenv("CREDENTIAL_IDCS_PROFILE"))
	if err != nil {
		return nil, explainConfig(err)
	}
	return p, nil
}

// world is what an engine needs of this process.
func (a *app) world() (engine.World, error) {
	dir, err := a.cacheDir()
	if err != nil {
		return engine.World{}, err
	}
	system := cache.NewSystem()
	system.Log = a.debugLog()
	return engine.World{
		CacheDir: dir, System: system, Log: system.Log, Now: a.Now, Rand: a.Rand, Proxy: engine.EnvironmentProxy,
		UserAgent: "credential-idcs/" + strings.Trim(build.Version(), "()"),
		Getenv:    a.Getenv, Environ: a.Environ, Hide: a.secretVariables(), Mend: mend,
	}, nil
}

// secretVariables are the variables that hold a client's secret, of all profiles: a program that one of
// them runs has no business with any.
func (a *app) secretVariables() (names []string) {
	if a.file == nil {
		return nil
	}
	for _, p := range a.file.Profiles {
		if p.Client != nil && p.Client.SecretEnv != "" {
			names = append(names, p.Client.SecretEnv)
		}
	}
	return names
}

// environment is the process's without those: what a tool gets that is only asked for its own settings.
func (a *app) environment() []string { return host.Without(a.Environ(), a.secretVariables()...) }

// alive shows on a terminal what is waited for, if that takes a while.
func (a *app) alive(what string) (done func()) { return a.Progress().Busy(what) }

// engine is a profile's way to its tokens.
func (a *app) engine(p *config.Profile) (*engine.Engine, error) {
	w, err := a.world()
	if err != nil {
		return nil, err
	}
	e, err := engine.New(w, p)
	if err != nil {
		return nil, explain(p.Name, err)
	}
	return e, nil
}
