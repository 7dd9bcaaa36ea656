// Command credential-idcs gives git, docker, kubectl and their relatives the access token of an
// Oracle identity domain: one login, then each tool gets a valid token by itself.
//
// It acts by the name it is run under (git-credential-idcs, docker-credential-idcs), else by its first
// argument. `credential-idcs help` is the manual.
package main

import (
	"context"
	"os"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/engine"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/people"
	"github.com/credential-idcs/credential-idcs/internal/build"
	"github.com/credential-idcs/credential-idcs/internal/host"
)

func main() {
	host.UnsetTrust()
	p := call.This()
	p.Version = build.Version
	os.Exit(run(context.Background(), p))
}

// run is one call of a helper, or a command of a person.
func run(ctx context.Context, p *host.Process) (status int) {
	if status, ok := call.Run(ctx, p, engine.Renewer); ok {
		return status
	}
	return people.Run(ctx, p)
}
