package main

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/credential-idcs/credential-idcs/fleet"
)

func refreshVerb() *verb {
	return &verb{
		name: "refresh", words: "PROFILE --config FILE",
		about: "have the leader refresh the token now, whatever time is left",
		text: `
It ends when a new token is stored, and with 4 when there is none after 30 s.

  --config FILE       config.toml with [[publish]] tables
  --namespace NS      where the controller runs (credential-idcs)
  --kubeconfig FILE   else KUBECONFIG, else ~/.kube/config
`,
		run: runRefresh,
	}
}

// refreshPatience is longer than the leader's next look and the domain's answer can take.
const refreshPatience = 30 * time.Second

func runRefresh(ctx context.Context, a *app, args []string) error {
	f := a.options(refreshVerb())
	f.StringVar(&a.kubeconfig, "kubeconfig", "", "")
	operands, err := a.parse(f, args, 1)
	if err != nil {
		return err
	}
	e, err := a.errand(operands, "refresh")
	if err != nil {
		return err
	}
	store := e.keeper.Store.(*fleet.SecretStore)
	word := rand.Text()
	before, err := store.Ask(ctx, word)
	if err != nil {
		return e.failed(err)
	}
	ctx, cancel := context.WithTimeout(ctx, refreshPatience)
	defer cancel()
	last := "no leader has looked at it"
	for {
		select {
		case <-ctx.Done():
			return &failure{status: exitLater, message: "profile " + e.profile.Name + ": not refreshed within 30 s: " + last}
		case <-time.After(500 * time.Millisecond):
		}
		snap, err := store.Get(ctx)
		switch {
		case err != nil:
			last = err.Error()
		case snap.State.Generation > before:
			a.say("profile " + e.profile.Name + ": refreshed")
			return nil
		case snap.Obeyed == word && snap.State.Trouble() != nil:
			last = snap.State.Trouble().Text
		}
	}
}
