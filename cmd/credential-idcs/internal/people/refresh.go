package people

import (
	"context"

	"github.com/credential-idcs/credential-idcs/cache"
)

func refreshVerb() *verb {
	return &verb{
		name: "refresh", words: "[PROFILE]", about: "refresh the token now, whatever time is left",
		text: `
It also tries again at once what failed a moment ago.
`,
		run: runRefresh,
	}
}

func runRefresh(ctx context.Context, a *app, args []string) error {
	operands, err := a.parse(refreshVerb(), a.options(refreshVerb()), args, 1)
	if err != nil {
		return helped(err)
	}
	p, err := a.chosen(operand(operands))
	if err != nil {
		return err
	}
	e, err := a.engine(p)
	if err != nil {
		return err
	}
	done := a.alive("asking " + p.Domain)
	r, err := e.Token(ctx, cache.Want{Force: true})
	done()
	if err != nil {
		return a.failed(p, err)
	}
	a.Warn(p, r.Warnings)
	a.Say("credential-idcs: profile " + p.Name + ": refreshed, the token is good until " +
		until(r) + "\n")
	return nil
}
