// Package bazel sets Bazel up.
package bazel

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

const (
	bazelHelper = "bazel-credential-idcs"
	bazelOption = "--credential_helper"
)

// Tool is Bazel.
type Tool struct{}

// Look reports what Plan and Undo would change, and hosts of ours that are no target any more.
func (t Tool) Look(ctx context.Context, s *tool.Survey) {
	tool.LookByPlan(ctx, s, t, "bazel", true)
	path, b, err := bazelrc(s.Env)
	if err != nil {
		return
	}
	known := bazelHosts(s.Known, new(tool.Plan))
	for _, host := range ourHosts(b) {
		if !slices.Contains(known, host) {
			s.Former(path, "bazel", host)
		}
	}
}

// Plan plans, for each host of the targets, a line
//
//	common --credential_helper=git.example.com=/home/ana/.local/bin/bazel-credential-idcs
//
// at the end of ~/.bazelrc, which Bazel reads after a workspace's. The option has a host without port and path: another
// port or path of it gets an error of the helper. https://bazel.build/run/bazelrc;
// https://bazel.build/reference/command-line-reference#flag--credential_helper
func (Tool) Plan(_ context.Context, env tool.Env, in tool.Request) (tool.Plan, error) {
	if err := env.NeedOnPath(bazelHelper); err != nil {
		return tool.Plan{}, err
	}
	program := filepath.ToSlash(env.Find(bazelHelper)) // a \ would escape the letter behind it
	if text.PosixWord(program) != program {
		return tool.Plan{}, tool.Refuse("", "Bazel can't be told of %s: its path may hold plain characters only", tool.Clean(program))
	}
	var p tool.Plan
	targets, err := in.Named()
	if err != nil {
		return tool.Plan{}, err
	}
	hosts := bazelHosts(targets, &p)
	path, before, err := bazelrc(env)
	if err != nil {
		return tool.Plan{}, err
	}
	after := before
	for _, host := range hosts {
		list := edit.Lines(after)
		if continued(list) || edit.LoneCR(after) {
			return tool.Plan{}, tool.Refuse("", "%s can't be edited: it ends in a \\, or has a CR that ends no line", tool.Clean(path))
		}
		i, now := bazelLine(list, host)
		switch {
		case i < 0:
			after = edit.AppendLines(after, "common "+bazelOption+"="+host+"="+program+"\n")
		case now == program:
		case !in.Overwrite && tool.ProgramName(now) != bazelHelper:
			return tool.Plan{}, tool.Refuse(in.Again("bazel"), "%s has another credential helper for %s: %s", tool.Clean(path), tool.Clean(host), tool.Clean(now))
		default:
			after = edit.ReplaceLine(list, i, strings.Replace(list[i], host+"="+now, host+"="+program, 1))
		}
	}
	p.Add(edit.Change{Path: path, Before: before, After: after, View: tool.EndLine})
	return p, nil
}

// Undo plans to remove the lines that Plan writes, for the typed hosts or all.
func (Tool) Undo(_ context.Context, env tool.Env, in tool.Request) (tool.Plan, error) {
	path, before, err := bazelrc(env)
	if err != nil {
		return tool.Plan{}, err
	}
	targets, err := in.Typed()
	if err != nil {
		return tool.Plan{}, err
	}
	var p tool.Plan
	after := before
	hosts := bazelHosts(targets, new(tool.Plan))
	if in.All && len(in.Hosts) == 0 {
		hosts = ourHosts(before)
	}
	for _, host := range hosts {
		list := edit.Lines(after)
		i, now := bazelLine(list, host)
		line := "common " + bazelOption + "=" + host + "=" + now
		switch {
		case i < 0 || tool.ProgramName(now) != bazelHelper:
		case strings.TrimRight(list[i], "\r\n") == line:
			after = edit.CutLines(after, line+"\n")
		default:
			p.Note("", "%s still has a credential helper of %s that was not written by configure", tool.Clean(path), tool.Clean(host))
		}
	}
	p.Add(edit.Change{Path: path, Before: before, After: after, View: tool.EndLine})
	return p, nil
}

func bazelrc(env tool.Env) (path string, content []byte, err error) {
	if path, err = env.InHome(".bazelrc"); err != nil {
		return "", nil, err
	}
	content, err = tool.Read(path)
	return path, content, err
}

// bazelHosts are the hosts of the targets, each once.
func bazelHosts(targets []helpers.Target, p *tool.Plan) []string {
	var hosts []string
	at := map[string][]string{} // the targets of a host
	narrow := map[string]bool{} // a part of it is one
	for _, t := range targets {
		host, port := tool.SplitPort(t.HostPort())
		if strings.HasPrefix(host, "[") {
			p.Aside("%s is left out: Bazel knows no credential helper of an IPv6 address", tool.Clean(t.String()))
			continue
		}
		narrow[host] = narrow[host] || port != "" || t.Path() != ""
		at[host] = append(at[host], tool.Clean(t.String()))
		if !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	for _, host := range hosts {
		if narrow[host] {
			p.Aside("Bazel tells a helper the host but not the port and the path: at %s what is not %s gets an error", host, strings.Join(at[host], " or "))
		}
	}
	return hosts
}

// ourHosts are the hosts of all lines with our helper, the last first.
func ourHosts(b []byte) (hosts []string) {
	for _, line := range slices.Backward(edit.Lines(b)) {
		if host, helper := bazelSetting(line); tool.ProgramName(helper) == bazelHelper && !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// bazelLine is the last line that sets a helper for a host, and the helper; -1: there is none.
func bazelLine(list []string, host string) (i int, helper string) {
	for i = len(list) - 1; i >= 0; i-- {
		if of, helper := bazelSetting(list[i]); of == host {
			return i, helper
		}
	}
	return -1, ""
}

// bazelSetting is the host and the helper that a line sets; empty: none.
func bazelSetting(line string) (host, helper string) {
	words := strings.Fields(line)
	for j, w := range words {
		if strings.HasPrefix(w, "#") {
			break
		}
		value, joined := strings.CutPrefix(w, bazelOption+"=")
		if w == bazelOption && j+1 < len(words) {
			value, joined = words[j+1], true
		}
		if host, helper, ok := strings.Cut(strings.Trim(value, `"'`), "="); ok && joined {
			return host, helper
		}
	}
	return "", ""
}

// continued reports whether the last line ends in a \, so that a next line would continue it.
func continued(list []string) bool {
	return len(list) > 0 && strings.HasSuffix(strings.TrimRight(list[len(list)-1], "\r\n"), `\`)
}
