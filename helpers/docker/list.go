package docker

import "github.com/credential-idcs/credential-idcs/helpers"

// list names what get would answer by itself. Clients that keep all their credentials with one
// helper get every server of the list, and a single failure fails them all: so it leaves out
// targets that need a login first, and those whose owner isn't decided.
func list(call *helpers.Call) error {
	source, err := call.Open()
	if err != nil {
		return failBoth(call, err)
	}
	targets, err := source.Targets()
	if err != nil {
		return failBoth(call, err)
	}
	ready := make(map[string]bool)
	servers := make(map[string]string) // encoding/json sorts the keys
	for _, t := range targets {
		if t.Target.Path() != "" {
			continue
		}
		owner, err := source.Owner(helpers.Query{Target: t.Target, Profile: call.Profile, Kind: helpers.Registry})
		if err != nil {
			continue
		}
		if _, known := ready[owner.Profile]; !known {
			ready[owner.Profile] = source.Ready(owner.Profile)
		}
		if ready[owner.Profile] {
			servers[t.Target.HostPort()] = owner.Username
		}
	}
	return call.PrintJSON(servers)
}
