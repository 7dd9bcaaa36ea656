package doctor

import (
	"context"
	"errors"
	"slices"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/config"
)

// Tools checks what the installed tools are set to for the profiles' targets.
func (d *Doctor) Tools(ctx context.Context, profiles []*config.Profile) {
	places := placesOf(profiles)
	s := &tool.Survey{
		Env: tool.Env{
			Vars: d.Environ(), Home: d.Home, Dir: d.Dir, Program: d.Self, Config: d.Config, RunContainers: d.RunContainers,
		},
		Places: places, Default: d.Unnamed, NoIDToken: map[string]string{}, EngineFiles: d.EngineFiles, Run: d.output, Report: d.Report,
	}
	all := placesOf(append(profiles, d.Others...))
	for _, p := range append(profiles, d.Others...) {
		s.Profiles = append(s.Profiles, p.Name)
		if why := p.NoIDToken(); why != "" {
			s.NoIDToken[p.Name] = "profile " + p.Name + ": " + why
		}
	}
	var installed []string
	for _, row := range tools.All {
		if s.AnyOf(row.Programs...) == "" {
			continue
		}
		installed = append(installed, row.Name)
		s.Places, s.Known = nil, nil
		for _, p := range places {
			if p.For(row.Name) {
				p.NamesProfile = false
				s.Places = append(s.Places, p)
			}
		}
		for _, p := range all {
			if p.For(row.Name) {
				s.Known = append(s.Known, p.Target)
			}
		}
		s.Report = func(f Finding) {
			f.Check = row.Name
			d.Report(f)
		}
		row.Look(ctx, s)
		d.shared(row.Name, s.Places)
	}
	for _, t := range places {
		// Only a person knows which tool it is for; if its tools are listed, one of these.
		may := slices.DeleteFunc(slices.Clone(installed), func(name string) bool { return !t.For(name) })
		if !t.Set && len(may) > 0 {
			name := may[0]
			if likely := t.Likely(); slices.Contains(may, likely) {
				name = likely
			}
			if name == "kubectl" && t.Kind == config.KindOKE {
				name += " --context CONTEXT"
			}
			command := tool.SetUp(name, t.Profile)
			d.check, d.profile = "tools", t.Profile
			d.warn("profile "+t.Profile+": no tool is set up to use credential-idcs for "+t.Target.String(), command)
		}
	}
}

// shared reports targets of several profiles among which the tool's helper can't choose. kubectl's command names its
// profile, and git may name a user.
func (d *Doctor) shared(name string, places []*tool.Place) {
	seen := map[helpers.Target]bool{}
	for _, p := range places {
		if d.File == nil || name == "kubectl" || p.NamesProfile || seen[p.Target] {
			continue
		}
		seen[p.Target] = true
		_, _, err := d.File.Owner(p.Target, config.Query{Tool: helpers.Tool(name)})
		e, ok := errors.AsType[*config.SharedError](err)
		if !ok || name == "git" && e.Users[0] != e.Users[1] {
			continue
		}
		f := helpers.AsFailure(call.ExplainConfig(err))
		d.check, d.profile = name, p.Profile
		d.warn(f.Message, f.Command)
	}
}

func placesOf(profiles []*config.Profile) []*tool.Place {
	var places []*tool.Place
	for _, p := range profiles {
		for i := range p.Targets {
			t := &p.Targets[i]
			places = append(places, &tool.Place{Kind: t.Kind, Listed: helpers.Listed{
				Owner:  helpers.Owner{Profile: p.Name, Username: t.Username, Scheme: t.Scheme, Named: t.Named, Unattended: p.Alone()},
				Target: t.Target, Tools: t.Tools,
			}})
		}
	}
	return places
}
