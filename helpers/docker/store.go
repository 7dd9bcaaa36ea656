package docker

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// store stores nothing: see the package's documentation.
func store(call *helpers.Call) error {
	b, err := call.Input(`{"ServerURL": ..., "Username": ..., "Secret": ...}`)
	if err != nil {
		return failBoth(call, &helpers.Failure{Class: helpers.Malformed, Message: "store: " + err.Error(), Err: err})
	}
	var said struct{ ServerURL, Username string } // the secret isn't read
	if json.Unmarshal(b, &said) != nil {
		return failBoth(call, &helpers.Failure{Class: helpers.Malformed, Message: "store: the input isn't the JSON of a credential"})
	}
	if strings.TrimSpace(said.ServerURL) == "" {
		return fail(call, noServer, nil)
	}
	if strings.TrimSpace(said.Username) == "" {
		return fail(call, noUsername, nil)
	}

	target, err := helpers.ParseServer(said.ServerURL)
	if err != nil {
		return failBoth(call, unkept("the server named")) // which may have a password in it
	}
	source, err := call.Open()
	if err != nil {
		return failBoth(call, err)
	}
	owner, err := source.Owner(helpers.Query{Target: target, Profile: call.Profile, Kind: helpers.Registry})
	if err != nil {
		if helpers.AsFailure(err).Class == helpers.NotConfigured {
			err = unkept(target.HostPort())
		}
		return failBoth(call, err)
	}
	if said.Username != owner.Username {
		return &helpers.Exit{Err: &helpers.Failure{
			Message: "not kept: this registry gets tokens of profile " + owner.Profile,
		}}
	}
	return nil
}

func unkept(server string) error {
	return &helpers.Failure{
		Class:   helpers.NotConfigured,
		Message: server + " is not a target of any profile, its password was not stored",
	}
}

// erase deletes only a token of the registry's own: see the package's documentation. It succeeds for every server, since
// `docker logout` tries several spellings of one.
func erase(ctx context.Context, call *helpers.Call) error {
	server, exact, err := serverInput(call)
	if err != nil {
		return nil
	}
	if strings.TrimSpace(server) == "" {
		return fail(call, noServer, nil)
	}
	target, err := helpers.ParseServer(server)
	if err != nil || !exact {
		return nil
	}
	source, err := call.Open()
	if err != nil {
		return nil
	}
	query := helpers.Query{Target: target, Profile: call.Profile, Kind: helpers.Registry, CachedOnly: true}
	owner, err := source.Owner(query)
	if err != nil {
		return nil
	}
	if owner.Own {
		if c, err := source.Credential(ctx, query); err == nil {
			_ = source.Refused(ctx, query, c.Secret) // if that fails, it is used until it expires
		}
	}
	return &helpers.Exit{Err: &helpers.Failure{
		Message: "profile " + owner.Profile + " stays logged in",
		Command: "credential-idcs logout " + text.Word(owner.Profile),
	}}
}
