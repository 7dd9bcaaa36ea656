// Package pnpm is pnpm's token helper: pnpm-token-idcs.
//
// With `//host/:tokenHelper=/abs/pnpm-token-idcs` in the user's .npmrc pnpm starts it without
// arguments and sends what it prints as Authorization header. Facts: https://pnpm.io/npmrc.
//
// The scheme is part of the output: older releases send the output as the header's value, newer ones add "Bearer " if it
// has no scheme.
//
// After a failure pnpm 12 continues without a header, doesn't show our message and shows the registry's 401. pnpm 10 stops,
// and shows at least our exit status.
//
// # No target
//
// pnpm doesn't tell where the token goes, so no target can be checked: the person who wrote the host into .npmrc decided.
// pnpm reads the setting only from the user's own file, or any repository could have a program run. It stores the header
// by host and path: another port of that host, and http, get it, too. The profile is chosen as for commands.
package pnpm

import (
	"context"

	"github.com/credential-idcs/credential-idcs/helpers"
)

// usageLine is how it is run.
const usageLine = "pnpm-token-idcs"

// Helper is pnpm's row in the program's table.
var Helper = helpers.Helper{
	Name:  "pnpm",
	Bases: []string{"pnpm-token-idcs"},
	About: "answer pnpm (//HOST/:tokenHelper=/PATH/pnpm-token-idcs)",
	Usage: usageLine,
	Run:   run,
}

func run(ctx context.Context, call *helpers.Call) error {
	if len(call.Args) > 0 {
		return &helpers.Failure{Class: helpers.Usage, Message: "usage: " + usageLine}
	}
	source, err := call.Open()
	if err != nil {
		return err
	}
	cred, err := helpers.Fetch(ctx, source, helpers.Query{Profile: call.Profile})
	if err != nil {
		return err
	}
	return call.Print([]byte("Bearer " + cred.Secret.Reveal() + "\n"))
}
