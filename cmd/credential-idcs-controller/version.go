package main

import (
	"context"
	"fmt"
	"runtime"

	"github.com/credential-idcs/credential-idcs/internal/build"
)

func versionVerb() *verb {
	return &verb{
		name: "version", about: "version, commit and Go version",
		run: func(_ context.Context, a *app, args []string) error {
			if _, err := a.parse(a.options(versionVerb()), args, 0); err != nil {
				return err
			}
			_, err := fmt.Fprintf(a.Stdout, "credential-idcs-controller %s (commit %s, %s)\n", build.Version(), build.Commit(), runtime.Version())
			return err
		},
	}
}
