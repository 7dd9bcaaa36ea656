package config

import (
	"slices"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// targets reads the profile's targets, each with its own table.
func (b *builder) targets(p *Profile) error {
	if n := b.table.get("targets"); n != nil {
		p.Targets = make([]Target, 0, len(n.items))
		for _, item := range n.items {
			t, err := helpers.ParseTarget(item.text)
			if err != nil {
				return &Error{File: b.file, Line: item.line, Reason: "targets: " + shown(item.text) + ": " + err.Error()}
			}
			if p.target(t) != nil {
				return &Error{File: b.file, Line: item.line, Reason: "targets: " + quote(t.String()) + " is there twice"}
			}
			p.Targets = append(p.Targets, Target{Target: t, Line: item.line, Username: p.Username, Named: b.table.get("username") != nil, Scheme: "auto"})
		}
	}
	own := make(map[helpers.Target]*table)
	if n := b.table.get("target"); n != nil {
		if err := b.overrides(p, n.table, own); err != nil {
			return err
		}
	}
	for i := range p.Targets {
		t := &p.Targets[i]
		if err := b.kind(p, t, own[t.Target]); err != nil {
			return err
		}
	}
	return nil
}

// overrides reads the [profiles.NAME.target."URL"] tables, and puts each into seen.
func (b *builder) overrides(p *Profile, tables *table, seen map[helpers.Target]*table) error {
	for _, url := range tables.keys {
		own := tables.get(url).table
		t, err := helpers.ParseTarget(url)
		if err != nil {
			return b.fail(own, "", "target: "+shown(url)+": "+err.Error())
		}
		target := p.target(t)
		switch {
		case target == nil:
			return b.fail(own, "", "target: "+quote(t.String())+" is not in targets of profile "+quote(b.profile))
		case seen[t] != nil:
			return b.fail(own, "", "target: "+quote(t.String())+" is there twice")
		}
		seen[t] = own
		if own.get("username") != nil {
			if err := b.username(own); err != nil {
				return err
			}
			target.Username, target.Named = own.text("username"), true
		}
		if target.Scheme, err = b.choice(own, "scheme", "auto", schemes); err != nil {
			return err
		}
		if err := b.tools(own, target); err != nil {
			return err
		}
		if n := own.get("min_ttl"); n != nil {
			if target.MinTTL, err = time.ParseDuration(n.text); err != nil || target.MinTTL <= 0 {
				return b.fail(own, "min_ttl", `must be a duration such as "10m"`)
			}
		}
	}
	return nil
}

// Tools are the names that a target's tools may have: those of configure, and those of helpers that configure doesn't
// set up.
var Tools = []string{"git", "docker", "podman", "kubectl", "go", "cargo", "terraform", "tofu", "pip", "pnpm", "bazel", "kubelet", "google"}

func (b *builder) tools(own *table, target *Target) error {
	n := own.get("tools")
	if n == nil {
		return nil
	}
	if len(n.items) == 0 {
		return b.fail(own, "tools", "is empty: leave it out, and the target is for all")
	}
	for _, item := range n.items {
		if !slices.Contains(Tools, item.text) {
			reason := "tools: " + quote(item.text) + " is not one of " + strings.Join(Tools, ", ")
			if m := text.Nearest(item.text, Tools); m != "" {
				reason += "; did you mean " + quote(m) + "?"
			}
			return &Error{File: b.file, Line: item.line, Reason: reason}
		}
		if name := helpers.Tool(item.text); !slices.Contains(target.Tools, name) {
			target.Tools = append(target.Tools, name)
		}
	}
	return nil
}

// For reports whether the target is for a tool; empty: whatever it is.
func (t *Target) For(tool string) bool {
	return tool == "" || len(t.Tools) == 0 || slices.Contains(t.Tools, helpers.Tool(tool))
}

func (p *Profile) target(t helpers.Target) *Target {
	for i := range p.Targets {
		if p.Targets[i].Target == t {
			return &p.Targets[i]
		}
	}
	return nil
}

// shown is a refused target for a message, without the part before an @, which may be a password.
func shown(s string) string {
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		s = "…" + s[i:]
	}
	return quote(s)
}
