package people

import (
	"context"
	"flag"
	"io"
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/internal/config"
)

const configureWords = "TOOL [--dry-run]"

func configureVerb() *verb {
	return &verb{
		name: "configure", words: configureWords, tools: tools.All,
		about: "set a tool up to ask this program",
		text: `
Edits that tool's own configuration, for all targets of the profile, and keeps
everything that it did not write. Twice is once.

  --dry-run       show the change and make none
  --overwrite     replace what somebody else has set for the same
  HOST            only these hosts of the profile's targets
  --local, --file FILE
                  this repository's configuration, or a file of yours
  --context NAME  a context of the kubeconfig that gets the user; once for each
  --user NAME     how that user is called; default idcs-PROFILE

Example:
  credential-idcs configure git --dry-run

The tools, and what is written for them:
`,
		run: func(ctx context.Context, a *app, args []string) error {
			return a.configure(ctx, configureVerb(), args, func(t *tools.Row) edit { return t.Plan })
		},
	}
}

func unconfigureVerb() *verb {
	return &verb{
		name: "unconfigure", words: configureWords, tools: tools.All,
		about: "take back what configure wrote",
		text: `
Takes the options of configure. What it didn't write stays, byte for byte.
`,
		run: func(ctx context.Context, a *app, args []string) error {
			return a.configure(ctx, unconfigureVerb(), args, func(t *tools.Row) edit { return t.Undo })
		},
	}
}

// words is a flag that may be given several times.
type words []string

func (w *words) String() string     { return strings.Join(*w, ",") }
func (w *words) Set(s string) error { *w = append(*w, s); return nil }

// An edit plans the change of a tool's configuration, or the way back.
type edit func(context.Context, tool.Env, tool.Request) (tool.Plan, error)

func (a *app) configure(ctx context.Context, v *verb, args []string, choose func(*tools.Row) edit) error {
	help := "credential-idcs help " + v.name
	var in tool.Request
	f := a.options(v)
	dryRun := f.Bool("dry-run", false, "")
	f.BoolVar(&in.Local, "local", false, "")
	f.StringVar(&in.File, "file", "", "")
	f.BoolVar(&in.Overwrite, "overwrite", false, "")
	f.StringVar(&in.User, "user", "", "")
	f.Var((*words)(&in.Contexts), "context", "")
	operands, err := a.parse(v, f, args, 1000)
	if err != nil {
		return helped(err)
	}
	if len(operands) == 0 {
		return misuse(v.name+": which tool? "+toolNames(), help)
	}
	t := tools.Named(operands[0])
	if t == nil {
		return misuse(v.name+": it knows "+toolNames()+didYouMean(operands[0], toolList()), help)
	}
	in.Hosts = operands[1:]
	foreign := false
	f.Visit(func(f *flag.Flag) { foreign = foreign || !takes(t, f.Name) })
	switch {
	case len(in.Hosts) > 0 && !t.ByTarget():
		return misuse(v.name+" "+t.Name+": too many arguments", help)
	case foreign:
		return misuse(v.name+" "+t.Name+": it has no such option", help)
	case in.Local && in.File != "":
		return misuse(v.name+" git: --local or --file, not both", help)
	}
	p, err := a.chosen("")
	if err != nil {
		return err
	}
	in.Profile, in.Targets, in.Domain, in.ClientID = p.Name, call.Listed(p), p.Domain, p.ClientID
	in.Stored = a.stored(p)
	if unnamed, err := a.File.Choose(); err == nil {
		in.Default = unnamed.Name
	}
	env := tool.Env{Vars: a.environment(), Home: a.Home(), Dir: a.Dir(), Program: a.Program(), RunContainers: call.RunContainers()}
	done, err := choose(t)(ctx, env, in)
	return a.carryOut(t.Name, done, err, *dryRun)
}

// stored is what the token that kubectl gets says of itself. Before a login, or with a cache folder that
// can't be used, that is nothing, and no reason not to configure.
func (a *app) stored(p *config.Profile) tool.Stored {
	s := tool.Stored{ID: p.Token == "id"}
	if e, err := a.engine(p); err == nil {
		s.Issuer, s.Audiences = e.IssuedFor(s.ID)
	}
	return s
}

// takes is whether a tool has an option. All have those that every command has, and --dry-run.
func takes(t *tools.Row, option string) bool {
	all := append([]string{"--dry-run"}, everywhere...)
	return slices.Contains(append(all, split(t.Words)...), "--"+option) || option == "p"
}

func toolList() (names []string) {
	for _, t := range tools.All {
		names = append(names, t.Name)
	}
	return names
}

// toolNames is "git, docker and podman".
func toolNames() string {
	names := toolList()
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// carryOut shows or makes the changes of a plan and says what there is to say.
func (a *app) carryOut(name string, plan tool.Plan, failed error, dryRun bool) error {
	for _, n := range plan.Notes {
		a.Say(n.Lines())
	}
	if failed == nil && dryRun {
		if _, err := io.WriteString(a.Stdout, plan.Diff()); err != nil {
			return err
		}
	}
	if plan.Print != "" {
		if _, err := io.WriteString(a.Stdout, plan.Print); err != nil {
			return err
		}
	}
	if failed != nil || dryRun {
		return failed
	}
	if err := plan.Apply(); err != nil {
		return err
	}
	if len(plan.Changes) == 0 {
		a.Say("credential-idcs: " + name + ": nothing to do, all is as it should be\n")
	}
	for _, c := range plan.Changes {
		a.Say("credential-idcs: " + name + ": changed " + c.Path + "\n")
	}
	return nil
}
