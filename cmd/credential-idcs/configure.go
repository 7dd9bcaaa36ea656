package main

import (
	"context"
	"io"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/configure"
	"github.com/credential-idcs/credential-idcs/helpers"
)

const configureWords = `git|docker|podman|kubectl [HOST...] [--local|--file FILE]
       [--context NAME]... [--user NAME] [--overwrite] [--dry-run]`

func configureVerb() *verb {
	return &verb{
		name: "configure", words: configureWords,
		about: "set a tool up to ask this program",
		text: `
Edits that tool's own configuration, for all targets of the profile, and keeps
everything that it did not write. Twice is once.

  configure git [--local|--file FILE]
  configure docker|podman [HOST...] [--overwrite]
  configure kubectl [--context NAME]... [--user NAME] [--overwrite]

  --dry-run     show the change and make none
  --overwrite   replace another helper, or another entry of that name

Example:
  credential-idcs configure git --dry-run
`,
		run: func(ctx context.Context, a *app, args []string) error {
			return a.configure(ctx, configureVerb(), args, false)
		},
	}
}

func unconfigureVerb() *verb {
	return &verb{
		name: "unconfigure", words: configureWords,
		about: "take back what configure wrote",
		text: `
Takes the options of configure. What it didn't write stays, byte for byte.
`,
		run: func(ctx context.Context, a *app, args []string) error {
			return a.configure(ctx, unconfigureVerb(), args, true)
		},
	}
}

// A tool is what configure is about, with all that its options say.
type tool struct {
	repository configure.Repository
	registries configure.Registries
	cluster    configure.Cluster
}

// plan asks the tool's editor for the change, or for the way back.
func (t tool) plan(ctx context.Context, name string, undo bool, env configure.Env) (configure.Plan, error) {
	switch {
	case name == "git" && undo:
		return configure.UndoGit(ctx, env, t.repository)
	case name == "git":
		return configure.Git(ctx, env, t.repository)
	case name == "kubectl" && undo:
		return configure.UndoKubectl(env, t.cluster)
	case name == "kubectl":
		return configure.Kubectl(env, t.cluster)
	case name == "docker" && undo:
		return configure.UndoDocker(env, t.registries)
	case name == "docker":
		return configure.Docker(env, t.registries)
	case undo:
		return configure.UndoPodman(env, t.registries)
	}
	return configure.Podman(env, t.registries)
}

// words is a flag that may be given several times.
type words []string

func (w *words) String() string     { return strings.Join(*w, ",") }
func (w *words) Set(s string) error { *w = append(*w, s); return nil }

func (a *app) configure(ctx context.Context, v *verb, args []string, undo bool) error {
	help := "credential-idcs help " + v.name
	f := a.options(v)
	dryRun := f.Bool("dry-run", false, "")
	local := f.Bool("local", false, "")
	file := f.String("file", "", "")
	overwrite := f.Bool("overwrite", false, "")
	user := f.String("user", "", "")
	var contexts words
	f.Var(&contexts, "context", "")
	operands, err := a.parse(v, f, args, 1000)
	if err != nil {
		return helped(err)
	}
	if len(operands) == 0 {
		return misuse(v.name+": which tool? git, docker, podman or kubectl", help)
	}
	name, hosts := operands[0], operands[1:]
	registry := name == "docker" || name == "podman"
	switch {
	case !registry && name != "git" && name != "kubectl":
		return misuse(v.name+": it knows git, docker, podman and kubectl", help)
	case len(hosts) > 0 && !registry:
		return misuse(v.name+" "+name+": too many arguments", help)
	case name != "git" && (*local || *file != ""), name != "kubectl" && (len(contexts) > 0 || *user != ""), name == "git" && *overwrite:
		return misuse(v.name+" "+name+": it has no such option", help)
	case *local && *file != "":
		return misuse(v.name+" git: --local or --file, not both", help)
	}
	p, err := a.chosen("")
	if err != nil {
		return err
	}
	targets := listed(p)
	t := tool{
		repository: configure.Repository{Targets: targets, Local: *local, File: *file},
		registries: configure.Registries{Profile: p.Name, Targets: targets, Hosts: hosts, Overwrite: *overwrite},
		cluster: configure.Cluster{
			Profile: p.Name, Contexts: contexts, User: *user, Overwrite: *overwrite,
			Domain: p.Domain, ClientID: p.ClientID,
		},
	}
	env := configure.Env{Vars: a.environ(), Home: a.home(), Dir: a.dir(), Program: a.program()}
	done, err := t.plan(ctx, name, undo, env)
	return a.carryOut(name, done, err, *dryRun)
}

// carryOut shows or makes the changes of a plan and says what there is to say.
func (a *app) carryOut(name string, plan configure.Plan, failed error, dryRun bool) error {
	for _, n := range plan.Notes {
		a.say(n.Lines())
	}
	if failed == nil && dryRun {
		if _, err := io.WriteString(a.stdout, plan.Diff()); err != nil {
			return err
		}
	}
	if plan.Print != "" {
		if _, err := io.WriteString(a.stdout, plan.Print); err != nil {
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
		a.say("credential-idcs: " + name + ": nothing to do, all is as it should be\n")
	}
	for _, c := range plan.Changes {
		a.say("credential-idcs: " + name + ": changed " + c.Path + "\n")
	}
	return nil
}

// listed are a profile's targets.
func listed(p *config.Profile) []helpers.Listed {
	all := make([]helpers.Listed, 0, len(p.Targets))
	for i := range p.Targets {
		t := &p.Targets[i]
		all = append(all, helpers.Listed{Owner: ownerOf(p, t), Target: t.Target})
	}
	return all
}

// ownerOf is what the configuration says of a target.
func ownerOf(p *config.Profile, t *config.Target) helpers.Owner {
	return helpers.Owner{Profile: p.Name, Username: t.Username, Scheme: t.Scheme, Unattended: p.Alone()}
}
