package configure

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

const (
	hclHelper       = "credentials_helper"
	terraformLine   = hclHelper + ` "idcs" {}` + "\n"
	terraformHelper = "terraform-credentials-idcs"
)

// Terraform plans a line at the end of Terraform's own configuration,
//
//	credentials_helper "idcs" {}
//
// and a link in the folder in which Terraform looks for helpers. There may be one helper in all of its
// files together, so another one is refused wherever it stands.
// https://developer.hashicorp.com/terraform/cli/config/config-file
func Terraform(_ context.Context, env Env, in Request) (Plan, error) {
	return planTerraform(env, in, "terraform", findTerraform)
}

// OpenTofu plans the same for OpenTofu, which has a file of its own, or Terraform's.
// https://opentofu.org/docs/cli/config/config-file/
func OpenTofu(_ context.Context, env Env, in Request) (Plan, error) {
	return planTerraform(env, in, "tofu", findTofu)
}

// UndoTerraform plans the way back: the line goes, and the link.
func UndoTerraform(_ context.Context, env Env, _ Request) (Plan, error) {
	return undoTerraform(env, findTerraform)
}

// UndoOpenTofu is UndoTerraform for OpenTofu.
func UndoOpenTofu(_ context.Context, env Env, _ Request) (Plan, error) {
	return undoTerraform(env, findTofu)
}

func planTerraform(env Env, in Request, tool string, find func(Env) (terraform, error)) (Plan, error) {
	t, err := find(env)
	if err != nil {
		return Plan{}, err
	}
	path := t.file
	before, err := read(path)
	if err != nil {
		return Plan{}, err
	}
	after, err := addHCLHelper(before, in.Overwrite)
	var other anotherSetting
	if errors.As(err, &other) {
		return Plan{}, refuse(in.again(tool), "%s has another %s: %s", clean(path), hclHelper, clean(other.what))
	} else if err != nil {
		return Plan{Print: terraformLine}, refuse("", "%s can't be edited (%s); paste the line by hand", clean(path), err)
	}
	if err := t.elsewhere(); err != nil {
		return Plan{}, err
	}
	var p Plan
	targets, err := registries(Registries{Profile: in.Profile, Targets: in.Targets}, tool, &p)
	if err != nil {
		return Plan{}, err
	}
	// The link first: a helper that is named and missing would stop the tool.
	if err := p.planLink(env, t.link, in.Overwrite, in.again(tool)); err != nil {
		return Plan{}, err
	}
	p.add(Change{Path: path, Before: before, After: after, view: endLine})
	t.noteTokens(env, &p, tool, before, targets)
	if len(p.Changes) > 0 {
		p.aside("%s hands the tokens of other hosts to its one helper, and we keep none: log in to those with %s login before", tool, tool)
	}
	return p, nil
}

func undoTerraform(env Env, find func(Env) (terraform, error)) (Plan, error) {
	t, err := find(env)
	if err != nil {
		return Plan{}, err
	}
	path := t.file
	before, err := read(path)
	if err != nil {
		return Plan{}, err
	}
	var p Plan
	after := before
	if before != nil {
		after = cutLines(before, terraformLine)
	}
	p.add(Change{Path: path, Before: before, After: after, view: endLine})
	if blocks, err := parseHCL(after); err == nil && slices.ContainsFunc(blocks, isOurBlock) {
		p.note("", "%s keeps a %s \"idcs\" that was not written by configure", clean(path), hclHelper)
		return p, nil
	}
	return p, p.dropLink(t.link, 0)
}

func isOurBlock(b hclBlock) bool {
	return len(b.keys) == 2 && b.keys[0] == hclHelper && b.keys[1] == ours
}

func addHCLHelper(b []byte, overwrite bool) ([]byte, error) {
	blocks, err := parseHCL(b)
	if err != nil {
		return nil, err
	}
	for _, block := range blocks {
		switch {
		case block.keys[0] != hclHelper:
			continue
		case block.set || len(block.keys) != 2:
			return nil, errNotHCL
		case block.keys[1] == ours:
			return b, nil
		case !overwrite:
			return nil, anotherSetting{block.keys[1]}
		}
		return splice(b, block.at, strings.TrimSuffix(terraformLine, "\n")), nil
	}
	return appendLines(b, terraformLine), nil
}

// elsewhere refuses a helper in the other files that are read, *.tfrc and *.tfrc.json: two are an error.
func (t terraform) elsewhere() error {
	if t.named {
		return nil
	}
	entries, err := os.ReadDir(t.folder)
	if err != nil {
		return nil // there is none, or the tool can't read it either
	}
	for _, e := range entries {
		path := filepath.Join(t.folder, e.Name())
		found := false
		switch {
		case strings.HasSuffix(e.Name(), ".tfrc"):
			b, err := read(path)
			if err != nil {
				return err
			}
			blocks, err := parseHCL(b)
			found = err != nil && strings.Contains(string(b), hclHelper) ||
				slices.ContainsFunc(blocks, func(b hclBlock) bool { return b.keys[0] == hclHelper && !isOurBlock(b) })
		case strings.HasSuffix(e.Name(), ".tfrc.json"):
			found = jsonMember(path, hclHelper) != nil
		}
		if found {
			return refuse("", "%s has a %s too, and there may be one only; take it out there", clean(path), hclHelper)
		}
	}
	return nil
}

// jsonMember is a member of a JSON file's object; nil: it has none, or is no such file.
func jsonMember(path, name string) json.RawMessage {
	b, err := read(path)
	o, ok := helpers.ParseObject(b)
	if err != nil || !ok {
		return nil
	}
	return o[name]
}

// noteTokens tells of the tokens that are asked before any helper: a variable's, one in the file, and
// what `terraform login` has stored.
func (t terraform) noteTokens(env Env, p *Plan, tool string, file []byte, targets []helpers.Target) {
	blocks, _ := parseHCL(file)
	stored, _ := helpers.ParseObject(jsonMember(filepath.Join(t.folder, "credentials.tfrc.json"), "credentials"))
	for _, target := range targets {
		host := target.HostPort()
		variable := "TF_TOKEN_" + strings.NewReplacer(".", "_", "-", "__").Replace(host)
		if env.get(variable) != "" {
			p.note("unset "+variable, "the variable %s is set: %s takes what it holds before it asks a helper", variable, tool)
		}
		if slices.ContainsFunc(blocks, func(b hclBlock) bool {
			return len(b.keys) == 2 && b.keys[0] == "credentials" && strings.EqualFold(b.keys[1], host)
		}) {
			p.note("", "the file has credentials of its own for %s: %s takes these before it asks a helper", host, tool)
		}
		if stored[host] != nil {
			p.note(tool+" logout "+text.Word(host), "a token for %s is stored: %s takes it before it asks a helper", host, tool)
		}
	}
}
