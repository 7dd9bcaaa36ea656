// Package golang sets the go command up.
package golang

import (
	"context"
	"errors"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

const (
	goKey     = "GOAUTH"
	goCommand = "credential-idcs goauth"
	// goLine is written if GOAUTH isn't set. go's default is to read ~/.netrc, so that stays. There is no space behind the
	// ";", by which dropGoAuth knows that GOAUTH wasn't set.
	goLine = goKey + "=" + goCommand + ";netrc\n"
)

// Tool is the go command.
type Tool struct{}

// Look reports what Plan and Undo would change.
func (t Tool) Look(ctx context.Context, s *tool.Survey) {
	tool.LookByPlan(ctx, s, t, "go", false)
	value := s.Get(goKey)
	if value == "" {
		_, b, _ := goEnv(s.Env)
		_, value = lastGoAuth(edit.Lines(b))
	}
	named := slices.ContainsFunc(strings.Split(value, ";"), func(c string) bool { return isGoCommand(c) && tool.NamesProfile(c) })
	for _, p := range s.Places {
		p.NamesProfile = named
	}
}

// Plan plans GOAUTH in the file of `go env -w`. Its other commands stay, behind ours: if two answer for an address, go uses
// the first. `go env -w` itself would sort the lines and write the file in place.
// `go help goauth`; cmd/go/internal/auth of https://github.com/golang/go.
func (Tool) Plan(_ context.Context, env tool.Env, in tool.Request) (tool.Plan, error) {
	if err := env.NeedOnPath("credential-idcs"); err != nil {
		return tool.Plan{}, err
	}
	file, before, err := goEnv(env)
	if err != nil {
		return tool.Plan{}, err
	}
	after, err := addGoAuth(before, in.Overwrite)
	var other tool.AnotherSetting
	if errors.As(err, &other) {
		return tool.Plan{}, tool.Refuse(in.Again("go"), "%s has %s, which allows no other command", tool.Clean(file), other)
	} else if err != nil {
		return tool.Plan{}, tool.Refuse("", "%s can't be edited: %s", tool.Clean(file), err)
	}
	var p tool.Plan
	p.Add(edit.Change{Path: file, Before: before, After: after, View: tool.EndLine})
	if len(p.Changes) > 0 {
		p.Aside("go follows a redirect to another port of the same host with the token: whoever runs a port there gets it")
	}
	if v := env.Get(goKey); v != "" && !slices.ContainsFunc(strings.Split(v, ";"), isGoCommand) {
		p.Note(text.Unset(goKey), "the variable %s is set: go takes what it holds instead", goKey)
	}
	noteInsecure(env, &p, in, before, file)
	if v := goVersion(env); v != "" {
		p.Note("", "%s does not know %s: Go 1.24 does", tool.Clean(v), goKey)
	}
	return p, nil
}

// noteInsecure notes a target whose certificate go doesn't check: GOINSECURE is a list of patterns of module paths, whose
// first segment is the host.
func noteInsecure(env tool.Env, p *tool.Plan, in tool.Request, file []byte, where string) {
	const variable = "GOINSECURE"
	value, command := env.Get(variable), text.Unset(variable)
	if value != "" {
		where = "the variable " + variable
	} else {
		command = "go env -u " + variable
		for _, line := range edit.Lines(file) {
			if v, ok := strings.CutPrefix(line, variable+"="); ok {
				value = strings.TrimRight(v, "\r\n")
			}
		}
	}
	for pattern := range strings.SplitSeq(value, ",") {
		host, _, _ := strings.Cut(pattern, "/")
		for _, l := range in.Targets {
			if ok, err := path.Match(host, l.Target.HostPort()); ok && err == nil {
				p.Note(command, "go doesn't check who answers at %s (%s in %s), so anybody may get the token", l.Target.HostPort(), variable, tool.Clean(where))
				return
			}
		}
	}
}

// Undo plans to remove our command from GOAUTH.
func (Tool) Undo(_ context.Context, env tool.Env, _ tool.Request) (tool.Plan, error) {
	path, before, err := goEnv(env)
	if err != nil {
		return tool.Plan{}, err
	}
	var p tool.Plan
	p.Add(edit.Change{Path: path, Before: before, After: dropGoAuth(before), View: tool.EndLine})
	return p, nil
}

// goEnv is the file of `go env -w`, as the go command finds it.
func goEnv(env tool.Env) (path string, content []byte, err error) {
	switch path = env.Get("GOENV"); {
	case path == "off":
		return "", nil, tool.Refuse(text.Unset("GOENV"), "GOENV=off: go reads no file of settings")
	case path != "":
		path = env.Abs(path)
	default:
		dir, err := env.ConfigHome()
		if err != nil {
			return "", nil, err
		}
		path = filepath.Join(dir, "go", "env")
	}
	content, err = tool.Read(path)
	return path, content, err
}

// lastGoAuth is the last line with GOAUTH, which counts, and its value; -1: there is none.
func lastGoAuth(list []string) (i int, value string) {
	for i = len(list) - 1; i >= 0; i-- {
		if v, ok := strings.CutPrefix(list[i], goKey+"="); ok {
			return i, strings.TrimSuffix(v, "\n")
		}
	}
	return -1, ""
}

func addGoAuth(b []byte, overwrite bool) ([]byte, error) {
	list := edit.Lines(b)
	i, value := lastGoAuth(list)
	if i < 0 || value == "" { // an empty value counts as not set
		return edit.AppendBlock(b, goLine, "\n"), nil // a CR would be part of the value
	}
	commands := strings.Split(value, ";")
	switch {
	case slices.ContainsFunc(commands, func(c string) bool { return strings.TrimSpace(c) == "" }):
		return nil, errors.New(goKey + " has an empty command, with which go stops")
	case slices.ContainsFunc(commands, isGoCommand):
		return b, nil
	case strings.TrimSpace(value) != "off":
		return edit.ReplaceLine(list, i, strings.Replace(list[i], "=", "="+goCommand+"; ", 1)), nil
	case !overwrite:
		return nil, tool.AnotherSetting{What: goKey + "=off"}
	}
	return edit.ReplaceLine(list, i, strings.Replace(list[i], value, goCommand, 1)), nil
}

func dropGoAuth(b []byte) []byte {
	list := edit.Lines(b)
	i, value := lastGoAuth(list)
	if i < 0 {
		return b
	}
	if list[i] == goLine || list[i] == strings.TrimSuffix(goLine, "\n") {
		return edit.CutBlock(b, goLine, "\n")
	}
	if rest, ok := strings.CutPrefix(value, goCommand+"; "); ok {
		return edit.ReplaceLine(list, i, strings.Replace(list[i], value, rest, 1))
	}
	commands := strings.Split(value, ";")
	rest := slices.DeleteFunc(slices.Clone(commands), isGoCommand)
	switch len(rest) {
	case len(commands):
		return b
	case 0:
		return edit.CutBlock(b, strings.TrimSuffix(list[i], "\n")+"\n", "\n")
	}
	return edit.ReplaceLine(list, i, strings.Replace(list[i], value, strings.TrimSpace(strings.Join(rest, ";")), 1))
}

// isGoCommand reports whether a command of GOAUTH is ours, with any path and any profile.
func isGoCommand(command string) bool {
	words := strings.Fields(command)
	return len(words) > 1 && strings.TrimSuffix(filepath.Base(words[0]), ".exe") == "credential-idcs" && slices.Contains(words, "goauth")
}

// goVersion is the version of the go on PATH, if it is too old for GOAUTH. It is in a file of every release; `go version`
// would write telemetry into the person's folders.
func goVersion(env tool.Env) string {
	program, err := filepath.EvalSymlinks(env.Find("go"))
	if err != nil {
		return ""
	}
	b, err := tool.Read(filepath.Join(filepath.Dir(filepath.Dir(program)), "VERSION"))
	if err != nil {
		return ""
	}
	version, _, _ := strings.Cut(string(b), "\n")
	minor, ok := strings.CutPrefix(version, "go1.")
	minor, _, _ = strings.Cut(minor, ".")
	if n, err := strconv.Atoi(minor); !ok || err != nil || n >= 24 {
		return ""
	}
	return version
}
