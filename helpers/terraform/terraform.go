// Package terraform speaks the protocol of Terraform's and OpenTofu's credentials helpers:
// terraform-credentials-idcs, for private registries and other services of their hosts.
//
// With `credentials_helper "idcs" {}` in its configuration a client starts, out of
// ~/.terraform.d/plugins, `terraform-credentials-idcs get HOST` and reads a JSON object. HOST has its
// port unless that is 443. Facts: https://opentofu.org/docs/internals/credentials-helpers; a real
// Terraform is in the tests here, and OpenTofu too in e2e/tools.
//
// # Hosts that are no target
//
// There can be only one helper, which is run for every host, also for public registries. For a host that is no target it
// prints an empty object, and the client continues without a credential.
//
// # Failures
//
// After a failure Terraform (1.11) and OpenTofu (1.10) also continue without a credential; our message is in their log
// (TF_LOG=warn), and a person sees the registry's 401.
//
// # Why store and forget fail
//
// `terraform login` stores a token that it got by itself, which would hide ours; `terraform logout` deletes it. The
// protocol forbids to report success if the credential still exists, and git and kubectl use the token, too. So for a
// target both are an error that says what to do; for all others there is nothing to delete. A login at another host runs
// us, too, unless a token of that host is in the client's own file already: it fails, since we don't store that token, and
// it must not be lost.
package terraform

import (
	"context"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// usageLine is how it is run.
const usageLine = "terraform-credentials-idcs <get|store|forget> HOST"

// Helper is Terraform's row in the program's table.
var Helper = helpers.Helper{
	Name:  "terraform",
	Bases: []string{"terraform-credentials-idcs"},
	About: `answer Terraform and OpenTofu (credentials_helper "idcs" {})`,
	Usage: usageLine,
	Run:   run,
}

func run(ctx context.Context, call *helpers.Call) error {
	if len(call.Args) == 0 {
		return usage()
	}
	verb := call.Args[0]
	switch verb {
	case "get", "store", "forget":
		if len(call.Args) != 2 {
			return usage()
		}
	default:
		return &helpers.Exit{Status: 1, Err: &helpers.Failure{Message: "unknown verb " + text.Clean(verb)}}
	}
	host := call.Args[1]
	switch verb {
	case "store":
		return store(call, host)
	case "forget":
		return forget(call, host)
	}
	return get(ctx, call, host)
}

func usage() error {
	return &helpers.Failure{Class: helpers.Usage, Message: "usage: " + usageLine}
}

func get(ctx context.Context, call *helpers.Call, host string) error {
	target, err := helpers.ParseGit("https", host, "")
	if err != nil {
		return call.Print([]byte("{}\n"))
	}
	source, err := call.Open()
	if err != nil {
		return err
	}
	cred, err := helpers.Fetch(ctx, source, helpers.Query{Target: target, Profile: call.Profile})
	if err != nil {
		f := helpers.AsFailure(err)
		if f.Class == helpers.NotConfigured {
			return call.Print([]byte("{}\n"))
		}
		return f
	}
	return call.PrintJSON(struct {
		Token string `json:"token"`
	}{cred.Secret.Reveal()})
}

// store reads its input before it fails: else a client might report a broken pipe instead of our message.
func store(call *helpers.Call, host string) error {
	_, _ = call.Input(`{"token": ...}`)
	return &helpers.Exit{Status: 1, Err: &helpers.Failure{
		Message: "the token for " + text.Clean(host) + " was not stored, credential-idcs stores only tokens of its own logins",
	}}
}

func forget(call *helpers.Call, host string) error {
	target, err := helpers.ParseGit("https", host, "")
	if err != nil {
		return nil
	}
	source, err := call.Open()
	if err != nil {
		return err
	}
	owner, err := source.Owner(helpers.Query{Target: target, Profile: call.Profile})
	if err != nil {
		f := helpers.AsFailure(err)
		if f.Class == helpers.NotConfigured {
			return nil
		}
		return f
	}
	return &helpers.Exit{Status: 1, Err: &helpers.Failure{
		Message: "profile " + owner.Profile + " stays logged in",
		Command: "credential-idcs logout " + text.Word(owner.Profile),
	}}
}
