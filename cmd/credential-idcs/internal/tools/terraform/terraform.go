// Package terraform sets Terraform and OpenTofu up.
package terraform

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

const (
	ours            = "idcs"
	hclHelper       = "credentials_helper"
	terraformLine   = hclHelper + ` "idcs" {}` + "\n"
	terraformHelper = "terraform-credentials-idcs"
)

// Tool is Terraform, or OpenTofu.
type Tool struct{ tofu bool }

// OpenTofu is OpenTofu, which has a file of its own, or Terraform's.
// https://opentofu.org/docs/cli/config/config-file/
var OpenTofu = Tool{tofu: true}

func (t Tool) name() string {
	if t.tofu {
		return "tofu"
	}
	return "terraform"
}

func (t Tool) find(env tool.Env) (files, error) {
	if t.tofu {
		return findTofu(env)
	}
	return findTerraform(env)
}

// Look reports what Plan and Undo would change, and where the token is sent.
func (t Tool) Look(ctx context.Context, s *tool.Survey) {
	tool.LookByPlan(ctx, s, t, t.name(), false)
	at, err := t.find(s.Env)
	if err != nil {
		return
	}
	b, _ := tool.Read(at.file)
	blocks, _ := edit.ParseHCL(b)
	named := slices.ContainsFunc(blocks, func(o edit.HCLBlock) bool { return isOurBlock(o) && tool.NamesProfile(string(b[o.At.From:o.At.To])) })
	for _, p := range s.Places {
		p.NamesProfile = named
		if p.Set {
			elsewhere(s, t.name(), at.file, b, blocks, p.Target)
		}
	}
}

// service matches a line of a host block.
var service = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`"?((?:modules|providers)\.v1)"?\s*[=:]\s*"(https?://[^"/]+)`)
})

// elsewhere reports services of a host that the configuration has at another host, to which the token is sent. Those in the
// host's own .well-known/terraform.json can't be checked: the tool doesn't store it.
func elsewhere(s *tool.Survey, name, path string, b []byte, blocks []edit.HCLBlock, target helpers.Target) {
	for _, o := range blocks {
		if len(o.Keys) != 2 || !o.Is("host") || !strings.EqualFold(o.Keys[1], target.HostPort()) {
			continue
		}
		for _, m := range service().FindAllSubmatch(b[o.At.From:o.At.To], -1) {
			if to, err := helpers.ParseURL(string(m[2])); err != nil || !to.SameOrigin(target) {
				s.Warn(name+" sends the token of "+target.HostPort()+" to "+tool.Clean(string(m[2]))+" ("+string(m[1])+" in "+tool.Clean(path)+")", text.Edit(path))
			}
		}
	}
}

// Plan plans a line at the end of Terraform's own configuration,
//
//	credentials_helper "idcs" {}
//
// and a link in the folder in which Terraform looks for helpers. There may be only one helper in all of its files, so
// another one is refused.
// https://developer.hashicorp.com/terraform/cli/config/config-file
func (t Tool) Plan(_ context.Context, env tool.Env, in tool.Request) (tool.Plan, error) {
	name := t.name()
	f, err := t.find(env)
	if err != nil {
		return tool.Plan{}, err
	}
	path := f.file
	before, err := tool.Read(path)
	if err != nil {
		return tool.Plan{}, err
	}
	after, err := addHCLHelper(before, in.Overwrite)
	var other tool.AnotherSetting
	if errors.As(err, &other) {
		return tool.Plan{}, tool.Refuse(in.Again(name), "%s has another %s: %s", tool.Clean(path), hclHelper, tool.Clean(other.What))
	} else if err != nil {
		return tool.Plan{Print: terraformLine}, tool.Refuse("", "%s can't be edited (%s); paste the line by hand", tool.Clean(path), err)
	}
	if err := f.elsewhere(); err != nil {
		return tool.Plan{}, err
	}
	var p tool.Plan
	targets, err := tool.Registries(tool.Request{Profile: in.Profile, Targets: in.Targets}, name, &p)
	if err != nil {
		return tool.Plan{}, err
	}
	// The link first: a helper in the configuration that doesn't exist would stop the tool.
	if err := p.Link(env, f.link, in.Overwrite, in.Again(name)); err != nil {
		return tool.Plan{}, err
	}
	p.Add(edit.Change{Path: path, Before: before, After: after, View: tool.EndLine})
	f.noteTokens(env, &p, name, before, targets)
	if len(p.Changes) > 0 {
		p.Aside("%s has one helper for all hosts. credential-idcs does not store tokens of other hosts: run `%s login HOST` for them first", name, name)
	}
	return p, nil
}

// Undo plans to remove the line and the link.
func (t Tool) Undo(_ context.Context, env tool.Env, _ tool.Request) (tool.Plan, error) {
	f, err := t.find(env)
	if err != nil {
		return tool.Plan{}, err
	}
	path := f.file
	before, err := tool.Read(path)
	if err != nil {
		return tool.Plan{}, err
	}
	var p tool.Plan
	after := before
	if before != nil {
		after = edit.CutLines(before, terraformLine)
	}
	p.Add(edit.Change{Path: path, Before: before, After: after, View: tool.EndLine})
	if blocks, err := edit.ParseHCL(after); err == nil && slices.ContainsFunc(blocks, isOurBlock) {
		p.Note("", "%s still has a %s \"idcs\" that was not written by configure", tool.Clean(path), hclHelper)
		return p, nil
	}
	p.DropLink(env, f.link, 0)
	return p, nil
}

func isOurBlock(b edit.HCLBlock) bool {
	return len(b.Keys) == 2 && b.Is(hclHelper) && b.Keys[1] == ours
}

func addHCLHelper(b []byte, overwrite bool) ([]byte, error) {
	blocks, err := edit.ParseHCL(b)
	if err != nil {
		return nil, err
	}
	for i, block := range blocks {
		switch {
		case !block.Is(hclHelper):
			continue
		case block.Set || len(block.Keys) != 2:
			return nil, edit.ErrNotHCL
		case block.Keys[1] == ours:
			return b, nil
		case !overwrite:
			return nil, tool.AnotherSetting{What: block.Keys[1]}
		}
		out := edit.Splice(b, block.At, strings.TrimSuffix(terraformLine, "\n"))
		return out, sound(blocks, i, out)
	}
	out := edit.AppendLines(b, terraformLine)
	return out, sound(blocks, len(blocks), out)
}

// sound checks a change: read by the library, our block must be in its place, and all others as they were.
func sound(before []edit.HCLBlock, at int, out []byte) error {
	blocks, err := edit.ParseHCL(out)
	if err != nil || len(blocks) != max(len(before), at+1) || !isOurBlock(blocks[at]) {
		return edit.ErrNotHCL
	}
	for i, b := range before {
		if i != at && !slices.Equal(b.Keys, blocks[i].Keys) {
			return edit.ErrNotHCL
		}
	}
	return nil
}

// elsewhere refuses a helper in the other files of the configuration, *.tfrc and *.tfrc.json: two are an error.
func (f files) elsewhere() error {
	if f.named {
		return nil
	}
	entries, err := os.ReadDir(f.folder)
	if err != nil {
		return nil // there is no folder, or the tool can't read it either
	}
	for _, e := range entries {
		path := filepath.Join(f.folder, e.Name())
		found := false
		switch {
		case strings.HasSuffix(e.Name(), ".tfrc"):
			b, err := tool.Read(path)
			if err != nil {
				return err
			}
			blocks, err := edit.ParseHCL(b)
			found = err != nil && strings.Contains(strings.ToLower(string(b)), hclHelper) ||
				slices.ContainsFunc(blocks, func(b edit.HCLBlock) bool { return b.Is(hclHelper) && !isOurBlock(b) })
		case strings.HasSuffix(e.Name(), ".tfrc.json"):
			found = jsonMember(path, hclHelper) != nil
		}
		if found {
			return tool.Refuse("", "%s has a %s too, and there may be one only; take it out there", tool.Clean(path), hclHelper)
		}
	}
	return nil
}

// jsonMember is a member of a JSON file's object; nil: it has none, or is no such file.
func jsonMember(path, name string) json.RawMessage {
	b, err := tool.Read(path)
	o, ok := helpers.ParseObject(b)
	if err != nil || !ok {
		return nil
	}
	return o[name]
}

// noteTokens notes the tokens that are used before any helper: of a variable, of the file, and of `terraform login`.
func (f files) noteTokens(env tool.Env, p *tool.Plan, name string, file []byte, targets []helpers.Target) {
	blocks, _ := edit.ParseHCL(file)
	stored, _ := helpers.ParseObject(jsonMember(filepath.Join(f.folder, "credentials.tfrc.json"), "credentials"))
	for _, target := range targets {
		host := target.HostPort()
		variable := "TF_TOKEN_" + strings.NewReplacer(".", "_", "-", "__").Replace(host)
		if env.Get(variable) != "" {
			p.Note(text.Unset(variable), "the variable %s is set: %s takes what it holds before it asks a helper", variable, name)
		}
		if slices.ContainsFunc(blocks, func(b edit.HCLBlock) bool {
			return len(b.Keys) == 2 && b.Is("credentials") && strings.EqualFold(b.Keys[1], host)
		}) {
			p.Note("", "the file has credentials of its own for %s: %s takes these before it asks a helper", host, name)
		}
		if stored[host] != nil {
			p.Note(name+" logout "+text.Word(host), "a token for %s is stored: %s takes it before it asks a helper", host, name)
		}
	}
}
