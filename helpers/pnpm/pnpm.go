// Package pnpm is pnpm's token helper: pnpm-token-idcs.
//
// With `//host/:tokenHelper=/abs/pnpm-token-idcs` in the user's .npmrc pnpm starts it without
// arguments and sends what it prints as Authorization header. Facts: https://pnpm.io/npmrc.
//
// The scheme is part of the output: older releases take the whole for the header's value, newer ones
// add "Bearer " only where no scheme is.
//
// After a failure pnpm 12 goes on without a header, keeps our words to itself and shows the registry's
// 401. pnpm 10 stops, and names our exit status at least.
//
// # No target
//
// pnpm doesn't say where the token goes, so there is nothing to hold against the targets: the person
// who wrote the host into .npmrc decided. pnpm takes the setting from the user's own file alone, or
// any repository could name a program to run. It keeps the header by host and path: another port of that
// host, and http, get it too. The profile is the one that commands for people take.
package pnpm

import (
	"context"

	"github.com/credential-idcs/credential-idcs/helpers"
)

// words are how it is run.
const words = "pnpm-token-idcs"

// Helper is pnpm's row in the program's table.
var Helper = helpers.Helper{
	Name:  "pnpm",
	Bases: []string{"pnpm-token-idcs"},
	About: "answer pnpm (//HOST/:tokenHelper=/PATH/pnpm-token-idcs)",
	Usage: words,
	Run:   run,
}

func run(ctx context.Context, call *helpers.Call) error {
	if len(call.Args) > 0 {
		return &helpers.Failure{Class: helpers.Usage, Message: "usage: " + words}
	}
	source, err := call.Open()
	if err != nil {
		return err
	}
	cred, err := source.Credential(ctx, helpers.Query{Profile: call.Profile})
	if err == nil {
		err = cred.Check(0)
	}
	if err != nil {
		return err
	}
	return call.Print([]byte("Bearer " + cred.Secret.Reveal() + "\n"))
}
