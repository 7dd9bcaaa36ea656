package doctor

import (
	"context"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/config"
)

// Tools looks at what the tools are set to for the profiles' targets. One that isn't installed is left
// out.
func (d *Doctor) Tools(ctx context.Context, profiles []*config.Profile) {
	places := placesOf(profiles)
	s := &tool.Survey{
		Env: tool.Env{
			Vars: d.Environ(), Home: d.Home, Dir: d.Dir, Program: d.Self, Config: d.Config, RunContainers: d.RunContainers,
		},
		Places: places, Default: d.Unnamed, EngineFiles: d.EngineFiles, Run: d.output, Report: d.Report,
	}
	for _, p := range placesOf(append(profiles, d.Others...)) {
		s.Known = append(s.Known, p.Target)
	}
	for _, p := range append(profiles, d.Others...) {
		s.Profiles = append(s.Profiles, p.Name)
	}
	first := "" // the first that is installed
	for _, row := range tools.All {
		if s.AnyOf(row.Programs...) == "" {
			continue
		}
		if first == "" {
			first = row.Name
		}
		row.Look(ctx, s)
	}
	for _, t := range places {
		if !t.Set && first != "" {
			// Which tool it is for only a person knows: git is what most start with.
			command := tool.SetUp(first, t.Profile)
			switch t.Kind {
			case config.KindOCIR:
				command = tool.SetUp("docker", t.Profile)
			case config.KindOKE:
				command = tool.SetUp("kubectl --context CONTEXT", t.Profile)
			}
			s.Warn("profile "+t.Profile+": no tool is set up to use credential-idcs for "+t.Target.String(), command)
		}
	}
}

func placesOf(profiles []*config.Profile) []*tool.Place {
	var places []*tool.Place
	for _, p := range profiles {
		for i := range p.Targets {
			t := &p.Targets[i]
			places = append(places, &tool.Place{Kind: t.Kind, Listed: helpers.Listed{
				Owner:  helpers.Owner{Profile: p.Name, Username: t.Username, Scheme: t.Scheme, Unattended: p.Alone()},
				Target: t.Target,
			}})
		}
	}
	return places
}
