package tool

import (
	"context"
	"errors"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// LookByPlan checks a tool by its plans: the tool is set up if Undo would change something, and completely if Plan would
// change nothing. byTarget is for a tool that is set up for each target by itself.
func LookByPlan(ctx context.Context, s *Survey, t Tool, name string, byTarget bool) {
	if !byTarget {
		lookAt(ctx, s, t, name, "all targets", s.Places)
		return
	}
	for _, p := range s.Places {
		lookAt(ctx, s, t, name, p.Target.String(), []*Place{p})
	}
}

func lookAt(ctx context.Context, s *Survey, t Tool, name, what string, places []*Place) {
	if len(places) == 0 {
		return
	}
	in := Request{Default: s.Default, Profile: places[0].Profile}
	for _, p := range places {
		in.Targets = append(in.Targets, p.Listed)
	}
	ours, err := t.Undo(ctx, s.Env, in)
	if err != nil || len(ours.Changes) == 0 {
		return // it isn't set up
	}
	for _, p := range places {
		p.Set = true
	}
	plan, err := t.Plan(ctx, s.Env, in)
	var f *helpers.Failure
	switch {
	case errors.As(err, &f):
		if f.Command == "" { // the configuration must change, or configure can't edit a file
			f.Command = text.Edit(s.Config)
		}
		s.Problem(name+": "+f.Message, f.Command)
	case len(plan.Changes) > 0:
		s.Warn(name+" is not set up for "+what+" as configure does it now", SetUp(name, places[0].Profile))
	default:
		s.OK(name + " uses credential-idcs for " + what)
	}
	for _, n := range plan.Notes {
		if !n.Aside {
			s.Warn(name+": "+n.Message, n.Command)
		}
	}
}
