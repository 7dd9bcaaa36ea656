// Package git sets git up.
package git

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// Tool is git.
type Tool struct{}

const (
	ours      = "idcs"
	gitHelper = "git-credential-idcs"
	helperKey = "helper"
	pathKey   = "usehttppath" // as git lists it
	userKey   = "username"
)

// Plan plans, for each target, a section
//
//	[credential "https://git.example.com"]
//		helper =
//		helper = /home/ana/.local/bin/git-credential-idcs
//
// at the end of a file of git's. The empty value removes all helpers that were set before: git would give our token to each
// of them, and those that store passwords would store it and answer it after it has expired. A target with a path also gets
// useHttpPath, without which git sends no path.
//
// git collects helpers in the order of its files, independent of their URLs, so a helper that is set further down gets our
// token. Therefore our section is at the end of its file; a helper in a file that git reads later is refused.
// https://git-scm.com/docs/gitcredentials
func (Tool) Plan(ctx context.Context, env tool.Env, in tool.Request) (tool.Plan, error) {
	if err := env.NeedOnPath(gitHelper); err != nil {
		return tool.Plan{}, err
	}
	g, err := newGit(ctx, env, in)
	if err != nil {
		return tool.Plan{}, err
	}
	defer g.close()
	walk, err := g.walk()
	if err != nil {
		return tool.Plan{}, err
	}
	g.value = helperValue(env, in.Portable)
	after := g.before
	var own []byte
	for _, l := range in.Targets {
		had := after
		if err := g.refuseUser(walk, l); err != nil {
			return tool.Plan{}, err
		}
		if err := g.refuseLater(walk, l.Target); err != nil {
			return tool.Plan{}, err
		}
		if after, err = g.set(after, walk, l.Target); err != nil {
			return tool.Plan{}, err
		}
		if bytes.Equal(after, had) {
			continue
		}
		section, err := g.section(l.Target, g.value, l.Target.Path() != "")
		if err != nil {
			return tool.Plan{}, err
		}
		own = append(own, section...)
	}
	p := g.plan(after)
	if len(p.Changes) > 0 && g.readOnly() {
		// A program such as home-manager makes the file: the lines belong into that program's configuration.
		return tool.Plan{Print: string(own)}, tool.Refuse("", "%s can't be changed, another program makes it: paste the lines into its own configuration", tool.Clean(g.path))
	}
	return p, nil
}

// readOnly reports whether the file can't be replaced, or shouldn't be: its owner may not write it, as all files of Nix's
// store.
func (g *gitFile) readOnly() bool {
	path, err := edit.Follow(g.path)
	if err != nil {
		return false
	}
	fi, err := os.Stat(path)
	return err == nil && (fi.Mode()&0o200 == 0 || !edit.Writable(filepath.Dir(path)))
}

// Undo plans to remove the pair of values and the useHttpPath that Plan adds, and nothing else.
func (Tool) Undo(ctx context.Context, env tool.Env, in tool.Request) (tool.Plan, error) {
	g, err := newGit(ctx, env, in)
	if err != nil {
		return tool.Plan{}, err
	}
	defer g.close()
	after := g.before
	var p tool.Plan
	targets := in.Targets
	if in.All && after != nil {
		if targets, err = g.sections(after); err != nil {
			return tool.Plan{}, err
		}
	}
	for _, l := range targets {
		if after == nil {
			break
		}
		if after, err = g.unset(after, l.Target); err != nil {
			return tool.Plan{}, err
		}
		entries, err := g.entries(after)
		if err != nil {
			return tool.Plan{}, err
		}
		if slices.ContainsFunc(values(entries, l.Target, helperKey), isOurHelper) {
			p.Note("git config --file "+text.Word(g.path)+" --edit", "%s still has a helper of ours for %s that was not written by configure",
				tool.Clean(g.path), tool.Clean(l.Target.String()))
		}
	}
	done := g.plan(after)
	done.Notes = p.Notes
	if len(done.Changes) > 0 && g.readOnly() {
		return tool.Plan{Print: done.Diff()}, tool.Refuse("", "%s can't be changed, another program makes it: take the lines out of its own configuration", tool.Clean(g.path))
	}
	return done, nil
}

// sections are the targets for which a text has a section of ours.
func (g *gitFile) sections(b []byte) (list []helpers.Listed, err error) {
	entries, err := g.entries(b)
	if err != nil {
		return nil, err
	}
	seen := map[helpers.Target]bool{}
	for _, e := range entries {
		if e.key != "" || e.name != helperKey || !isOurHelper(e.value) {
			continue
		}
		if t, err := helpers.ParseTarget(e.url); err == nil && t.String() == e.url && !seen[t] {
			seen[t] = true
			list = append(list, helpers.Listed{Target: t})
		}
	}
	return list, nil
}

func (g *gitFile) plan(after []byte) tool.Plan {
	var p tool.Plan
	lock := g.path
	if real, err := edit.Follow(g.path); err == nil {
		lock = real // git locks the link's target
	}
	// Only our own lines are shown: lines near them may have a password in a URL or a header.
	p.Add(edit.Change{Path: g.path, Before: g.before, After: after, Lock: lock + ".lock", View: tool.EndLine})
	return p
}

// set puts the section of t at the end of the text, unless it works where it is.
func (g *gitFile) set(b []byte, walk []entry, t helpers.Target) ([]byte, error) {
	entries, err := g.entries(b)
	if err != nil {
		return nil, err
	}
	if g.complete(entries, t) && !g.followed(walk, entries, t) {
		return b, nil
	}
	rest, err := g.unset(b, t)
	if err != nil {
		return nil, err
	}
	section, err := g.section(t, g.value, t.Path() != "")
	if err != nil {
		return nil, err
	}
	out := appendSection(rest, section)
	return out, g.prove(rest, out, func(entry) bool { return false }, g.ownEntries(t))
}

// appendSection adds the section. A text without a last line break gets none, and neither does an empty file, which a
// missing one isn't: so cutSection restores the same bytes.
func appendSection(b, section []byte) []byte { return edit.AppendBlock(b, string(section), "\n") }

// cutSection removes all copies of our section; nil if there was no file before.
func cutSection(b, section []byte) []byte {
	for {
		i := sectionAt(b, section)
		if i < 0 {
			break
		}
		if len(b) == len(section) {
			return nil
		}
		b = append(bytes.Clone(b[:i]), b[i+len(section):]...)
	}
	bare := section[:len(section)-1]
	if bytes.Equal(b, bare) {
		return []byte{} // the file was empty
	}
	return bytes.TrimSuffix(b, append([]byte("\n"), bare...))
}

// complete reports whether the last two helpers of t are the empty one and ours.
func (g *gitFile) complete(entries []entry, t helpers.Target) bool {
	h := values(entries, t, helperKey)
	if len(h) < 2 || !serves(h[len(h)-1], g.value) || h[len(h)-2] != "" {
		return false
	}
	if t.Path() == "" {
		return true
	}
	p := values(entries, t, pathKey)
	return len(p) > 0 && p[len(p)-1] == "true"
}

func (g *gitFile) ownEntries(t helpers.Target) []entry {
	out := []entry{{url: t.String(), name: helperKey}, {url: t.String(), name: helperKey, value: g.value}}
	if t.Path() != "" {
		out = append(out, entry{url: t.String(), name: pathKey, value: "true"})
	}
	return out
}
