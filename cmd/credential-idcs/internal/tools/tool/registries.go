package tool

import (
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// Registries are the registries of a request: its Hosts, else all targets. A registry is a host, so a target with a path
// can't be one: it is left out, or refused if its host was typed.
func Registries(in Request, tool string, p *Plan) ([]helpers.Target, error) {
	var out []helpers.Target
	if len(in.Hosts) == 0 {
		for _, l := range in.Targets {
			if l.Target.Path() != "" {
				p.Aside("%s is left out: %s names registries by host only, and this target has a path", Clean(l.Target.String()), tool)
			} else {
				out = append(out, l.Target)
			}
		}
		return out, nil
	}
	for _, typed := range in.Hosts {
		h, err := helpers.ParseServer(typed)
		if err != nil {
			return nil, &helpers.Failure{Class: helpers.Usage, Message: Clean(typed) + " is no registry's host: " + err.Error(), Err: err}
		}
		if err := isTarget(h, in, tool); err != nil {
			return nil, err
		}
		out = append(out, h)
	}
	return out, nil
}

// addTarget is the command for a host that somebody typed.
func addTarget(h helpers.Target, profile string) string {
	return "credential-idcs target add " + text.Word(h.String()) + " --profile " + text.Word(profile)
}

func isTarget(h helpers.Target, in Request, tool string) error {
	narrowed := ""
	for _, l := range in.Targets {
		if l.Target.SameOrigin(h) && l.Target.Path() == "" {
			return nil
		} else if l.Target.SameOrigin(h) {
			narrowed = l.Target.String()
		}
	}
	if narrowed != "" {
		return &helpers.Failure{Class: helpers.NotConfigured,
			Message: Clean(narrowed) + " has a path, and " + tool + " names registries by host only"}
	}
	return &helpers.Failure{Class: helpers.NotConfigured,
		Message: h.String() + " is not a target of profile " + Clean(in.Profile),
		Command: addTarget(h, in.Profile)}
}
