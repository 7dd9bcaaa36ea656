package people

import (
	"context"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/internal/config"
)

func refreshVerb() *verb {
	return &verb{
		name: "refresh", usage: "[PROFILE]", about: "refresh the token now, whatever time is left",
		text: `
It also ignores the pause after a failure.
`,
		limit: 1, follows: aProfile, run: refresh,
	}
}

func refresh(ctx context.Context, a *app, operands []string) error {
	p, err := a.chosen(operand(operands))
	if err != nil {
		return err
	}
	if p.Login == config.OCILogin {
		return a.refreshAll(ctx, p)
	}
	e, err := a.engine(p)
	if err != nil {
		return err
	}
	if err := e.Prepare(ctx); err != nil {
		return a.unready(p, err)
	}
	done := a.alive("asking " + p.Domain)
	r, err := e.Token(ctx, cache.Query{Force: true})
	done()
	if err != nil {
		return a.failed(p, err)
	}
	a.Warn(p, r.Warnings)
	a.Say("credential-idcs: profile " + p.Name + ": refreshed, the token is good until " +
		until(r) + "\n")
	return nil
}
