package engine

import (
	"strings"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/internal/build"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/methods"
)

// Renewer is For as package call has it.
func Renewer(a *call.App, p *config.Profile) (call.Tokens, error) {
	e, err := For(a, p)
	if err != nil {
		return nil, err
	}
	return e, nil
}

// For is the engine of a profile in one run of the program. Its error is a *helpers.Failure.
func For(a *call.App, p *config.Profile) (*Engine, error) {
	dir, err := a.CacheDir()
	if err != nil {
		return nil, err
	}
	system := cache.NewSystem()
	system.Log = a.Log()
	e, err := New(World{
		Machine: methods.Machine{
			Now: a.Now, Rand: a.Rand, Proxy: EnvironmentProxy,
			UserAgent: "credential-idcs/" + strings.Trim(build.Version(), "()"),
			Getenv:    a.Getenv, Environ: a.Environ, Hide: a.SecretVariables(),
		},
		CacheDir: dir, System: system, Log: system.Log, Mend: call.Mend,
	}, p)
	if err != nil {
		return nil, call.Explain(p.Name, err)
	}
	return e, nil
}
