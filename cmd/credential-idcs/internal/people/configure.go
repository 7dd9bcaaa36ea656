package people

import (
	"context"
	"flag"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

func configureVerb() *verb {
	return toolVerb(&verb{
		name:  "configure",
		about: "set a tool up to use this program",
		text: `
Edits that tool's own configuration, for all targets of the profile, and keeps
everything that it did not write. Running it again changes nothing. With HOST,
only these hosts of the profile's targets are set up. credential-idcs help
configure TOOL tells of one tool alone.
`,
	}, func(t *tools.Row) edit { return t.Plan })
}

func unconfigureVerb() *verb {
	return toolVerb(&verb{
		name:  "unconfigure",
		about: "take back what configure wrote",
		text: `
What configure didn't write stays, byte for byte.
`,
	}, func(t *tools.Row) edit { return t.Undo })
}

// toolVerb completes a verb whose first operand is a tool.
func toolVerb(v *verb, choose func(*tools.Row) edit) *verb {
	v.usage, v.limit = "TOOL [--dry-run] [OPTION...]", 1000
	var in tool.Request
	dryRun := v.switched("dry-run", "show the change and make none")
	overwrite := new(bool)
	if v.name == "configure" { // unconfigure never changes an entry of another program; it accepts the option silently
		overwrite = v.switched("overwrite", "replace an entry for the same host that another program wrote")
	} else {
		v.set().BoolVar(overwrite, "overwrite", false, "")
	}
	local := v.switched("local", "git: this repository's configuration")
	v.value(&in.File, "file", "git: a `FILE` of yours")
	usage := "kubectl: the context `NAME` of the kubeconfig gets the user; once for each"
	if v.name == "unconfigure" {
		usage = "kubectl: only the context `NAME` gets the user back that it had; once for each"
	}
	v.list(&in.Contexts, "context", usage)
	all, portable := new(bool), new(bool)
	if v.name == "configure" {
		all = v.switched("all-contexts", "kubectl: every context whose server is a target gets the user")
		portable = v.switched("portable", "git, kubectl: write the name of the program, not its path, for a file that others share")
	} else {
		v.set().BoolVar(all, "all-contexts", false, "")
		v.set().BoolVar(portable, "portable", false, "")
	}
	v.value(&in.User, "user", "kubectl: the `NAME` of that user; default idcs-PROFILE")
	v.rest = v.toolRows()
	v.part = v.toolHelp
	v.follows = func(a *app, operands []string) []string {
		if len(operands) == 0 {
			return toolList()
		}
		if t := tools.Named(operands[0]); t != nil && t.Hosts {
			return a.targetHosts()
		}
		return nil
	}
	v.takes = func(option string, operands []string) bool {
		return len(operands) == 0 || takes(tools.Named(operands[0]), option)
	}
	v.run = func(ctx context.Context, a *app, operands []string) error {
		in.Local, in.Overwrite, in.AllContexts, in.Portable = *local, *overwrite, *all, *portable
		return a.configure(ctx, v, operands, in, choose, *dryRun)
	}
	return v
}

// toolRows is the table of the tools in the help, each with its operands and options.
func (v *verb) toolRows() string {
	var b strings.Builder
	b.WriteString("\nThe tools, and what is written for them:\n")
	for _, t := range tools.All {
		b.WriteString("\n" + v.toolUsage("  "+v.name+" "+t.Name, strings.Repeat(" ", len("  configure ")), t) + "\n      " + t.About + "\n")
	}
	return b.String()
}

// toolUsage is what may follow a tool's name, in lines that fit.
func (v *verb) toolUsage(line, indent string, t *tools.Row, options ...string) (s string) {
	if t.Hosts {
		line += " [HOST...]"
	}
	for _, name := range append(options, t.Options...) {
		if !slices.Contains(v.order, name) {
			continue
		}
		word := " [" + written(v.Lookup(name)) + "]"
		if len(line)+len(word) > 79 {
			s += line + "\n"
			line = indent
		}
		line += word
	}
	return s + line
}

// toolHelp is the manual of one tool; empty: there is no such tool.
func (v *verb) toolHelp(name string) string {
	t := tools.Named(name)
	if t == nil {
		return ""
	}
	names := slices.DeleteFunc(slices.Clone(v.order), func(option string) bool { return !takes(t, option) })
	about := strings.ToUpper(v.about[:1]) + v.about[1:] + ": " + t.About + "."
	if t.Hosts {
		about += " With HOST, only these hosts."
	}
	return v.toolUsage("usage: credential-idcs "+v.name+" "+name, "      ", t, "dry-run") + "\n\n" +
		strings.Join(wrap(about, 79), "\n") + "\n\n" + v.options.help(names, name)
}

// An edit plans the change of a tool's configuration, or the way back.
type edit func(context.Context, tool.Env, tool.Request) (tool.Plan, error)

func (a *app) configure(ctx context.Context, v *verb, operands []string, in tool.Request, choose func(*tools.Row) edit, dryRun bool) error {
	help := "credential-idcs help " + v.name
	if len(operands) == 0 {
		return misuse(v.name+": which tool? "+text.List(toolList(), "and"), help)
	}
	t := tools.Named(operands[0])
	if t == nil {
		return misuse(v.name+": the tools are "+text.List(toolList(), "and")+didYouMean(operands[0], toolList()), help)
	}
	in.Hosts = operands[1:]
	foreign := false
	v.Visit(func(f *flag.Flag) { foreign = foreign || !takes(t, f.Name) })
	switch {
	case len(in.Hosts) > 0 && !t.Hosts:
		return misuse(v.name+" "+t.Name+": too many arguments", help)
	case foreign:
		return misuse(v.name+" "+t.Name+": it has no such option", help)
	case in.Local && in.File != "":
		return misuse(v.name+" git: --local or --file, not both", help)
	case in.AllContexts && len(in.Contexts) > 0:
		return misuse(v.name+" kubectl: --context or --all-contexts, not both", help)
	}
	// Without a profile, unconfigure removes everything that is ours, also for former targets; it needs no
	// configuration then.
	in.All = v.name == "unconfigure" && a.Profile == "" && a.Getenv("CREDENTIAL_IDCS_PROFILE") == ""
	switch p, err := a.chosen(""); {
	case err == nil:
		in.Profile, in.Domain, in.ClientID = p.Name, p.Domain, p.ClientID
		in.Targets = call.Listed(p)
		if v.name == "configure" {
			if in.Targets, err = a.targetsFor(t.Name, p, in.Hosts); err != nil {
				return err
			}
		}
		in.Stored = a.stored(p)
	case !in.All:
		return err
	}
	if a.File != nil {
		if unnamed, err := a.File.Choose(); err == nil {
			in.Default = unnamed.Name
		}
	}
	in.ConfigFile, in.CacheDir = a.elsewhere()
	env := tool.Env{Vars: a.environment(), Home: a.ToolHome(), Dir: a.Dir(), Program: a.Program(), RunContainers: call.RunContainers()}
	done, err := choose(t)(ctx, env, in)
	unchanged := "already set up, nothing changed"
	switch {
	case v.name == "unconfigure":
		unchanged = "it is not set up, nothing changed"
	case len(in.Targets) == 0:
		unchanged = "no target of profile " + text.Clean(in.Profile) + " is for it, nothing changed"
	}
	return a.carryOut(t.Name, done, err, dryRun, unchanged)
}

// targetsFor are the targets of a profile that a tool is set up for. A server of Oracle's that accepts none of our
// tokens is left out: the tool would no longer send the one that it accepts.
func (a *app) targetsFor(name string, p *config.Profile, hosts []string) (list []helpers.Listed, err error) {
	for i, l := range call.Listed(p) {
		if !l.For(name) {
			continue
		}
		if err := call.Unserved(p, &p.Targets[i]); err != nil {
			if slices.ContainsFunc(hosts, func(typed string) bool {
				h, err := helpers.ParseServer(typed)
				return err == nil && h.SameOrigin(l.Target)
			}) {
				return nil, err
			}
			a.Tell(err)
			continue
		}
		list = append(list, l)
	}
	return list, nil
}

// elsewhere are the configuration and the cache folder of this run, empty if they are the usual ones. A tool that is
// started without this run's options and variables would find the usual ones.
func (a *app) elsewhere() (config, cache string) {
	usual := func(path string, elem ...string) string {
		if runtime.GOOS == "linux" && path == filepath.Join(append([]string{a.Home()}, elem...)...) {
			return ""
		}
		return path
	}
	if a.Config != "" || a.Getenv("CREDENTIAL_IDCS_CONFIG") != "" || a.Getenv("XDG_CONFIG_HOME") != "" {
		if path, err := a.ConfigPath(false); err == nil {
			config = usual(path, ".config", "credential-idcs", "config.toml")
		}
	}
	if a.Getenv("CREDENTIAL_IDCS_CACHE_DIR") != "" || a.Getenv("XDG_CACHE_HOME") != "" {
		if path, err := a.CacheDir(); err == nil {
			cache = usual(path, ".cache", "credential-idcs")
		}
	}
	return config, cache
}

// stored are the claims of the token that kubectl gets. Before a login, or with a cache folder that can't be used,
// there are none, which is no reason not to configure.
func (a *app) stored(p *config.Profile) tool.Stored {
	s := tool.Stored{ID: p.Token == "id"}
	if e, err := a.engine(p); err == nil {
		s.Issuer, s.Audiences = e.IssuedFor(s.ID)
	}
	return s
}

// takes reports whether a tool has an option. All have those that every command has, and --dry-run.
func takes(t *tools.Row, option string) bool {
	switch option {
	case "dry-run", "profile", "p", "config", "debug":
		return true
	}
	return t != nil && slices.Contains(t.Options, option)
}

func toolList() (names []string) {
	for _, t := range tools.All {
		names = append(names, t.Name)
	}
	return names
}

// carryOut shows or makes the changes of a plan, and prints its notes; unchanged is what it says of none.
func (a *app) carryOut(name string, plan tool.Plan, failed error, dryRun bool, unchanged string) error {
	for _, n := range plan.Notes {
		a.Tell(&helpers.Failure{Message: n.Message, Command: n.Command})
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
		a.Say("credential-idcs: " + name + ": " + unchanged + "\n")
	}
	for _, c := range plan.Changes {
		a.Say("credential-idcs: " + name + ": changed " + text.Clean(c.Path) + "\n")
	}
	return nil
}
