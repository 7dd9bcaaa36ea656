package main

import (
	"context"
	"errors"

	"github.com/credential-idcs/credential-idcs/fleet"
)

func logoutVerb() *verb {
	return &verb{
		name: "logout", words: "PROFILE --config FILE",
		about: "revoke the refresh token and empty the state",
		text: `
The published Secrets keep the last access token, which lives on until it
expires. A revocation that fails is reported and doesn't keep the tokens.

  --config FILE       config.toml with [[publish]] tables
  --namespace NS      where the controller runs (credential-idcs)
  --kubeconfig FILE   else KUBECONFIG, else ~/.kube/config
`,
		run: runLogout,
	}
}

func runLogout(ctx context.Context, a *app, args []string) error {
	f := a.options(logoutVerb())
	f.StringVar(&a.kubeconfig, "kubeconfig", "", "")
	operands, err := a.parse(f, args, 1)
	if err != nil {
		return err
	}
	e, err := a.errand(operands, "logout")
	if err != nil {
		return err
	}
	err = e.keeper.Logout(ctx, e.renewer.revoke)
	_, api := errors.AsType[*fleet.APIError](err)
	if err == nil || api || errors.Is(err, fleet.ErrBusy) {
		if err != nil {
			return e.failed(err)
		}
		a.say("profile " + e.profile.Name + ": logged out")
		return nil
	}
	return &failure{
		status:  exitFailure,
		message: "profile " + e.profile.Name + ": logged out here, but the domain didn't revoke the refresh token: " + err.Error(), err: err,
	}
}
