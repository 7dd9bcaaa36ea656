package doctor

import (
	"context"
	"errors"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
)

// others looks at the tools about which configure knows all that there is to know: what it would take
// back is there, and what it would still do is missing. It returns how many of them are installed.
func (d *Doctor) others(ctx context.Context, places []*place) (installed int) {
	env := tool.Env{Vars: d.Environ(), Home: d.Home, Dir: d.Home, Program: d.Self}
	for _, t := range tools.All {
		if d.anyOf(t.Programs...) == "" {
			continue
		}
		installed++
		if !t.ByTarget() {
			d.other(ctx, env, t, places)
			continue
		}
		for _, p := range places {
			d.other(ctx, env, t, []*place{p})
		}
	}
	return installed
}

// other looks at what one tool is set to for some places.
func (d *Doctor) other(ctx context.Context, env tool.Env, t *tools.Row, places []*place) {
	if len(places) == 0 {
		return
	}
	in := tool.Request{Default: d.Unnamed, Profile: places[0].profile.Name}
	for _, p := range places {
		in.Targets = append(in.Targets, helpers.Listed{
			Owner:  helpers.Owner{Profile: p.profile.Name, Username: p.Username},
			Target: p.Target.Target,
		})
	}
	ours, err := t.Undo(ctx, env, in)
	if err != nil || len(ours.Changes) == 0 {
		return // it isn't set to us
	}
	for _, p := range places {
		p.set = true
	}
	what := "all targets"
	if t.ByTarget() {
		what = places[0].String()
	}
	plan, err := t.Plan(ctx, env, in)
	var f *helpers.Failure
	switch {
	case errors.As(err, &f):
		if f.Command == "" { // it is for the configuration, or a file that configure can't edit
			f.Command = Edit(d.Config)
		}
		d.problem(t.Name+": "+f.Message, f.Command)
	case len(plan.Changes) > 0:
		d.warn(t.Name+" is not set up for "+what+" as configure does it now", setUp(t.Name, places[0].profile))
	default:
		d.ok(t.Name + " asks us for " + what)
	}
	for _, n := range plan.Notes {
		if !n.Aside {
			d.warn(t.Name+": "+n.Message, n.Command)
		}
	}
}
