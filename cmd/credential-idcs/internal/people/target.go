package people

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/call"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/newprofile"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/config"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

func targetVerb() *verb {
	v := &verb{
		name: "target", usage: "add|remove|list [URL] [--tools LIST] [--json]", about: "list where tokens may go, and change it",
		text: `
add and remove edit the targets of a profile in the configuration; comments and
order stay. A target may be for some tools only, by their names in configure and
kubelet, google; docker and podman are one, and so are terraform and tofu.

Example:
  credential-idcs target add https://git.example.com --tools git,go
`,
		limit: 2,
	}
	tools := new(string)
	v.value(tools, "tools", "add: the `LIST` of tools that it is for, such as git,go; default all")
	asJSON := v.switched("json", "list: a JSON array")
	v.follows = func(a *app, operands []string) []string {
		switch {
		case len(operands) == 0:
			return []string{"add", "remove", "list"}
		case operands[0] == "remove":
			return a.targetURLs()
		}
		return nil
	}
	v.takes = func(option string, operands []string) bool {
		return len(operands) == 0 || option != "tools" && option != "json" || option == "tools" && operands[0] == "add" || option == "json" && operands[0] == "list"
	}
	v.run = func(ctx context.Context, a *app, operands []string) error {
		return a.target(operands, *tools, *asJSON)
	}
	return v
}

func (a *app) target(operands []string, tools string, asJSON bool) error {
	const help = "credential-idcs help target"
	action := operand(operands)
	switch {
	case action != "add" && action != "remove" && action != "list":
		return misuse("target: add, remove or list"+didYouMean(action, []string{"add", "remove", "list"}), help)
	case tools != "" && action != "add":
		return misuse("target "+action+": it has no option --tools", help)
	case asJSON && action != "list":
		return misuse("target "+action+": it has no option --json", help)
	case action == "list" && len(operands) > 1:
		return misuse("target list: too many arguments", help)
	case action == "list":
		return a.listTargets(asJSON)
	case len(operands) < 2:
		return misuse("target "+action+": which URL?", help)
	}
	url := operands[1]
	https(&url)
	t, err := helpers.ParseTarget(url)
	if err != nil {
		if host, ok := strings.CutPrefix(url, "http://"); ok { // https was meant, nearly always
			if t, err := helpers.ParseTarget("https://" + host); err == nil {
				return misuse("target "+action+": "+helpers.Shown(operands[1])+": tokens go over https only", "credential-idcs target "+action+" "+text.Word(t.String()))
			}
		}
		return misuse("target "+action+": "+helpers.Shown(operands[1])+": "+err.Error(), help)
	}
	p, err := a.chosen("")
	if err != nil {
		return err
	}
	change := newprofile.TargetEdit{Profile: p.Name, Target: t}
	if change.Tools, err = toolsOf(tools); err != nil {
		return misuse("target add: "+err.Error(), help)
	}
	edit := change.Add
	if action == "remove" {
		if !slices.ContainsFunc(p.Targets, func(own config.Target) bool { return own.Target == t }) {
			return &helpers.Failure{Class: helpers.NotConfigured, Message: t.String() + " is not a target of profile " + text.Clean(p.Name), Command: "credential-idcs target list"}
		}
		edit = change.Remove
	}
	return a.editTargets(p, change, action, edit)
}

// toolsOf are the names of a list such as git,go.
func toolsOf(list string) (names []string, err error) {
	for name := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ',' || r == ' ' }) {
		if !slices.Contains(config.Tools, name) {
			return nil, errors.New("there is no tool " + text.Clean(name) + didYouMean(name, config.Tools))
		}
		names = append(names, name)
	}
	return names, nil
}

func (a *app) editTargets(p *config.Profile, change newprofile.TargetEdit, action string, edit func([]byte) ([]byte, error)) error {
	t := change.Target
	path, err := a.ConfigPath(false)
	if err != nil {
		return err
	}
	changed := false
	_, err = newprofile.Update(path, a.Home(), func(old []byte) ([]byte, error) {
		out, err := edit(old)
		changed = string(out) != string(old)
		return out, err
	})
	if mistake, ok := errors.AsType[*config.Error](err); ok { // in what was to be written: no line of the file is wrong
		return &helpers.Failure{Class: helpers.Config, Message: "target " + action + ": " + mistake.Reason, Command: "credential-idcs help target", Err: err}
	}
	if errors.Is(err, newprofile.ErrByHand) {
		err = &config.Error{File: path, Line: p.Line, Reason: err.Error()}
	}
	if err != nil {
		f := helpers.AsFailure(call.ExplainConfig(err))
		if f.Command == "" {
			f.Command = text.Edit(path)
		}
		return f
	}
	said := map[string]string{"add": ": added ", "remove": ": removed "}[action] + t.String()
	switch had := slices.ContainsFunc(p.Targets, func(own config.Target) bool { return own.Target == t }); {
	case changed && had && action == "add":
		said = ": changed the tools of " + t.String()
	case !changed:
		said = ": " + t.String() + " is a target already, nothing changed"
	}
	a.Say("credential-idcs: profile " + p.Name + said + "\n")
	if !changed || action != "add" {
		return nil
	}
	next := ""
	for _, name := range toSetUp(t, change.Tools) {
		next += "\t" + a.Typed("credential-idcs configure "+name+" --profile "+text.Word(p.Name)) + "\n"
	}
	if next != "" {
		a.Say("next:\n" + next)
	}
	return nil
}

// toSetUp are the tools to configure for a new target: those that it is for, else the one that its address suggests.
func toSetUp(t helpers.Target, listed []string) []string {
	if len(listed) == 0 {
		return []string{cmp.Or(tool.Guess(t), "TOOL")}
	}
	return slices.DeleteFunc(slices.Clone(listed), func(name string) bool { return tools.Named(name) == nil })
}

// listTargets prints the targets of the profile of --profile, or of all.
func (a *app) listTargets(asJSON bool) error {
	profiles, err := a.meant("")
	if err != nil {
		return err
	}
	list := []string{}
	for _, p := range profiles {
		for i := range p.Targets {
			if url := p.Targets[i].String(); !slices.Contains(list, url) {
				list = append(list, url)
			}
		}
	}
	if asJSON {
		return a.printJSON(list)
	}
	for _, url := range list {
		if _, err := io.WriteString(a.Stdout, url+"\n"); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) targetURLs() (list []string) {
	f, err := a.Load(false)
	if err != nil {
		return nil
	}
	for _, p := range f.Profiles {
		for i := range p.Targets {
			list = append(list, p.Targets[i].String())
		}
	}
	return list
}
