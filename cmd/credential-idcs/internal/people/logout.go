package people

import (
	"context"
	"errors"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/config"
)

func logoutVerb() *verb {
	v := &verb{
		name: "logout", usage: "[PROFILE|--all]",
		about: "revoke the refresh token, then delete the tokens",
		text: `
A revocation that fails is reported and doesn't keep the tokens. Access tokens
that are out already live on until they expire.
`,
		limit: 1, follows: aProfile,
	}
	all := v.switched("all", "every profile of the configuration")
	v.run = func(ctx context.Context, a *app, operands []string) error {
		return a.logoutAny(ctx, operand(operands), *all)
	}
	return v
}

func (a *app) logoutAny(ctx context.Context, profile string, all bool) error {
	if all && (profile != "" || a.Profile != "") {
		return misuse("logout: a profile, or --all", "credential-idcs help logout")
	}
	if !all {
		p, err := a.chosen(profile)
		if err != nil {
			return err
		}
		return a.logout(ctx, p)
	}
	file, err := a.Load(false)
	if err != nil {
		return err
	}
	var worst error
	for _, p := range file.Profiles {
		if err := a.logout(ctx, p); err != nil {
			if worst != nil {
				a.Say(helpers.AsFailure(worst).Lines())
			}
			worst = err
		}
	}
	return worst
}

func (a *app) logout(ctx context.Context, p *config.Profile) error {
	e, err := a.engine(p)
	if err != nil {
		return err
	}
	done := a.alive("asking " + p.Domain)
	err = e.Logout(ctx)
	done()
	if err == nil {
		return nil
	}
	var (
		busy   *cache.BusyError
		folder *cache.FolderError
		newer  *cache.NewerError
	)
	if errors.As(err, &busy) || errors.As(err, &folder) || errors.As(err, &newer) {
		return call.Explain(p.Name, err)
	}
	return &helpers.Failure{
		Class:   helpers.Internal,
		Message: "profile " + p.Name + ": logged out here, but the domain didn't revoke the refresh token: " + err.Error(),
		Err:     err,
	}
}
