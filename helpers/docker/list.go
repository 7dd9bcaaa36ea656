package docker

import "github.com/credential-idcs/credential-idcs/helpers"

// list prints the servers that get would answer. Clients with one helper for all registries run get for every server of
// the list, and fail if one fails: so it omits targets that need a login first, and those of several profiles.
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
