// Package pnpm sets pnpm up.
package pnpm

import (
	"context"
	"runtime"
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

const pnpmHelper = "pnpm-token-idcs"

// Tool is pnpm.
type Tool struct{}

// Look reports what Plan and Undo would change, and hosts of ours that are no target any more.
func (t Tool) Look(ctx context.Context, s *tool.Survey) {
	tool.LookByPlan(ctx, s, t, "pnpm", true)
	path, b, err := npmrc(s.Env)
	if err != nil {
		return
	}
	for _, key := range ourKeys(b) {
		known := func(t helpers.Target) bool { return tokenHelperKey(t) == key }
		if !slices.ContainsFunc(s.Known, known) {
			s.Former(path, "pnpm", hostOf(key))
		}
	}
}

// Plan plans, for each target, a line
//
//	//npm.example.com/:tokenHelper=/home/ana/.local/bin/pnpm-token-idcs
//
// at the end of the person's own .npmrc, the only file in which pnpm accepts it. pnpm doesn't tell the helper the host, so
// it answers with the default profile; another profile's targets are refused. https://pnpm.io/npmrc
func (Tool) Plan(_ context.Context, env tool.Env, in tool.Request) (tool.Plan, error) {
	if err := env.NeedOnPath(pnpmHelper); err != nil {
		return tool.Plan{}, err
	}
	if in.Default != in.Profile {
		return tool.Plan{}, &helpers.Failure{Class: helpers.Config, Message: "pnpm can't name a profile, so its token is that of the default one, which profile " +
			tool.Clean(in.Profile) + ` is not (write default = "` + tool.Clean(in.Profile) + `" into the configuration)`}
	}
	program := env.Find(pnpmHelper)
	// pnpm runs it with a shell, and in .npmrc # and ; begin a comment.
	if runtime.GOOS != "windows" && text.PosixWord(program) != program {
		return tool.Plan{}, tool.Refuse("", "pnpm can't run %s: its path may hold plain characters only", tool.Clean(program))
	}
	targets, err := in.Named()
	if err != nil {
		return tool.Plan{}, err
	}
	path, before, err := npmrc(env)
	if err != nil {
		return tool.Plan{}, err
	}
	after := before
	if edit.LoneCR(before) || slices.ContainsFunc(edit.Lines(before), func(l string) bool { return strings.HasPrefix(strings.TrimSpace(l), "[") }) {
		return tool.Plan{}, tool.Refuse("", "%s can't be edited: it has sections, or a CR that ends no line", tool.Clean(path))
	}
	for _, t := range targets {
		key := tokenHelperKey(t)
		list := edit.Lines(after)
		i := npmrcLine(list, key)
		switch {
		case i < 0:
			after = edit.AppendLines(after, key+"="+program+"\n")
		case npmrcValue(list[i]) == program:
		case !in.Overwrite && tool.ProgramName(npmrcValue(list[i])) != pnpmHelper:
			return tool.Plan{}, tool.Refuse(in.Again("pnpm"), "%s has another token helper for %s: %s", tool.Clean(path), t.HostPort(), tool.Clean(npmrcValue(list[i])))
		default:
			end := list[i][len(strings.TrimRight(list[i], "\r\n")):]
			after = edit.ReplaceLine(list, i, key+"="+program+end)
		}
	}
	var p tool.Plan
	p.Add(edit.Change{Path: path, Before: before, After: after, View: tool.EndLine})
	if len(p.Changes) > 0 {
		p.Aside("pnpm 12 follows a chain of redirects to another host with the token: a registry that redirects decides who gets it")
	}
	if i := npmrcLine(edit.Lines(after), "strict-ssl"); i >= 0 && npmrcValue(edit.Lines(after)[i]) == "false" {
		p.Note("npm config delete strict-ssl", "pnpm doesn't check who answers (strict-ssl=false in %s), so anybody may get the token", tool.Clean(path))
	}
	const variable = "CREDENTIAL_IDCS_PROFILE"
	if v := env.Get(variable); v != "" && v != in.Profile {
		p.Note(text.Unset(variable), "the variable %s is set: pnpm gets the token of that profile instead", variable)
	}
	return p, nil
}

// Undo plans to remove the lines with our helper, for the typed hosts or all.
func (Tool) Undo(_ context.Context, env tool.Env, in tool.Request) (tool.Plan, error) {
	path, before, err := npmrc(env)
	if err != nil {
		return tool.Plan{}, err
	}
	targets, err := in.Typed()
	if err != nil {
		return tool.Plan{}, err
	}
	meant := func(key string) bool {
		host, err := helpers.ParseServer(hostOf(key))
		return slices.ContainsFunc(targets, func(t helpers.Target) bool {
			return tokenHelperKey(t) == key || len(in.Hosts) > 0 && err == nil && t.SameOrigin(host)
		})
	}
	after := before
	for _, key := range ourKeys(before) {
		if !(in.All && len(in.Hosts) == 0) && !meant(key) {
			continue
		}
		list := edit.Lines(after)
		if i := npmrcLine(list, key); i >= 0 && tool.ProgramName(npmrcValue(list[i])) == pnpmHelper {
			after = edit.CutLines(after, strings.TrimRight(list[i], "\r\n")+"\n")
		}
	}
	var p tool.Plan
	p.Add(edit.Change{Path: path, Before: before, After: after, View: tool.EndLine})
	return p, nil
}

// npmrc is the person's file, as npm and pnpm find it: they accept their variables in any case.
func npmrc(env tool.Env) (path string, content []byte, err error) {
	for _, v := range env.Vars {
		if name, value, _ := strings.Cut(v, "="); strings.EqualFold(name, "npm_config_userconfig") && value != "" {
			path = env.Abs(value)
		}
	}
	if path == "" {
		if path, err = env.InHome(".npmrc"); err != nil {
			return "", nil, err
		}
	}
	content, err = tool.Read(path)
	return path, content, err
}

func tokenHelperKey(t helpers.Target) string {
	return "//" + t.HostPort() + t.Path() + "/:tokenHelper"
}

// npmrcLine is the last line with a key, which counts; -1: there is none.
func npmrcLine(list []string, key string) int {
	for i := len(list) - 1; i >= 0; i-- {
		if k, _, ok := strings.Cut(list[i], "="); ok && strings.TrimSpace(k) == key {
			return i
		}
	}
	return -1
}

// hostOf is the host of a key, with its path.
func hostOf(key string) string {
	return strings.TrimSuffix(strings.TrimPrefix(key, "//"), "/:tokenHelper")
}

// ourKeys are the keys of all lines with our helper, the last first, so that cutting one moves no other.
func ourKeys(b []byte) (keys []string) {
	for _, line := range slices.Backward(edit.Lines(b)) {
		key, _, _ := strings.Cut(line, "=")
		if key = strings.TrimSpace(key); strings.HasSuffix(key, ":tokenHelper") && tool.ProgramName(npmrcValue(line)) == pnpmHelper {
			keys = append(keys, key)
		}
	}
	return keys
}

func npmrcValue(line string) string {
	_, v, _ := strings.Cut(line, "=")
	return strings.TrimSpace(v)
}
