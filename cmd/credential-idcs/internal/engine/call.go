package engine

import (
	"os"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/internal/build"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/methods"
	"github.com/credential-idcs/credential-idcs/internal/secretservice"
)

// Renewer is For with the type of call.Renewer.
func Renewer(a *call.App, p *config.Profile, t *config.Target) (call.Tokens, error) {
	e, err := For(a, p, t)
	if err != nil {
		return nil, err
	}
	return e, nil
}

// For is the engine of a profile in one run of the program, or of one of its targets (see New). Its
// error is a *helpers.Failure.
func For(a *call.App, p *config.Profile, t *config.Target) (*Engine, error) {
	dir, err := a.CacheDir()
	if err != nil {
		return nil, err
	}
	keyring := &secretservice.Keyring{Getenv: a.Getenv}
	system := a.System(keyring)
	system.Log = a.Log()
	e, err := New(World{
		Machine: methods.Machine{
			Now: a.Now, Rand: a.Rand, Proxy: EnvironmentProxy(a.Getenv),
			UserAgent: "credential-idcs/" + strings.Trim(build.Version(), "()"),
			Getenv:    a.Getenv, Environ: a.Environ, Hide: a.SecretVariables(),
			Terminal: terminal(a),
		},
		CacheDir: dir, System: system, Keyring: keyring, Log: system.Log, Mend: call.Mend, File: a.File,
	}, p, t)
	if err != nil {
		return nil, call.Explain(p.Name, err)
	}
	return e, nil
}

// terminal is the terminal of the person who typed this command; nil: there is none, or a tool runs us.
func terminal(a *call.App) *methods.Terminal {
	stdin, in := a.Stdin.(*os.File)
	stderr, out := a.Stderr.(*os.File)
	if !in || !out || !a.Terminal(0) || !a.Terminal(2) {
		return nil
	}
	return &methods.Terminal{Stdin: stdin, Stderr: stderr}
}
