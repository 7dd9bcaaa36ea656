package people

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/credential-idcs/credential-idcs/cache"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/engine"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/text"
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
	all := v.switched("all", "every login in the cache folder; one of no profile can't be revoked, and is named")
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
		return a.logout(ctx, p, false)
	}
	file, err := a.Load(false)
	if err != nil {
		return err
	}
	var worst error
	for _, p := range file.Profiles {
		if err := a.logout(ctx, p, true); err != nil {
			if worst != nil {
				a.Tell(worst)
			}
			worst = err
		}
	}
	err = a.forgetOthers(ctx)
	if err != nil && worst != nil {
		a.Tell(worst)
	}
	return cmp.Or(err, worst)
}

// forgetOthers deletes what is stored in the cache folder for no profile, as after a change of a profile's scope.
func (a *app) forgetOthers(ctx context.Context) error {
	gone, err := engine.ForgetOthers(ctx, a.App)
	said := "the stored tokens of no profile here are deleted, and could not be revoked: " + strings.Join(gone, ", ")
	switch {
	case err != nil && len(gone) > 0:
		err = fmt.Errorf("%s; %w", said, err)
	case err == nil && len(gone) == 0:
		return nil
	case err == nil:
		err = errors.New(said)
	}
	if f, ok := errors.AsType[*helpers.Failure](err); ok {
		return f
	}
	return &helpers.Failure{Class: helpers.Internal, Message: text.Clean(err.Error()), Err: err}
}

// isOnly reports whether err is why, with nothing that went wrong beside it.
func isOnly(err, why error) bool { return errors.Is(err, why) && err.Error() == why.Error() }

// logout logs one profile out and says so. Of all profiles those that have nothing stored aren't told.
func (a *app) logout(ctx context.Context, p *config.Profile, all bool) error {
	e, err := a.engine(p)
	if err != nil {
		return err
	}
	if p.OCI != nil {
		if err := a.logOutOCI(ctx, p); err != nil || p.Login == config.OCILogin {
			return err
		}
	}
	stored := e.View().State != "none"
	if same := call.SameLogin(a.File, p); len(same) > 0 && stored {
		a.Say("credential-idcs: profile " + p.Name + ": this also logs out " + strings.Join(same, ", ") + ", the same login\n")
	}
	done := a.alive("asking the keyring")
	_ = e.Unlock() // tokens that can't be unlocked are deleted all the same
	done()
	done = a.alive("asking " + p.Domain)
	err = e.Logout(ctx)
	done()
	switch {
	case err == nil && stored:
		a.Say("credential-idcs: profile " + p.Name + ": logged out\n")
		return nil
	case err == nil && !all:
		a.Say("credential-idcs: profile " + p.Name + ": nothing to log out, nothing is stored\n")
		return nil
	case err == nil:
		return nil
	case isOnly(err, cache.ErrCopied), isOnly(err, cache.ErrOtherMachine):
		a.Say("credential-idcs: profile " + p.Name + ": logged out here; the tokens were a copy, so the refresh token is not revoked: it is the original's\n")
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
	if _, ok := errors.AsType[*cache.SealedError](err); ok {
		return &helpers.Failure{
			Class:   helpers.Internal,
			Message: "profile " + p.Name + ": logged out here, but the refresh token could not be revoked: " + err.Error(),
			Err:     err,
		}
	}
	return &helpers.Failure{
		Class:   helpers.Internal,
		Message: "profile " + p.Name + ": logged out here, but the domain didn't revoke the refresh token: " + err.Error(),
		Err:     err,
	}
}
