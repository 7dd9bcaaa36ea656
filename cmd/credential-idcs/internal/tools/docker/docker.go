// Package docker sets docker, crane, oras and helm up, which read docker's config.json. Package podman uses what the files
// have in common.
package docker

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

const dockerHelper = "docker-credential-idcs"

// Tool is docker, whose file crane, oras and helm read too.
type Tool struct{}

// Plan plans credHelpers["host[:port]"] = "idcs" in docker's config.json.
func (Tool) Plan(_ context.Context, env tool.Env, in tool.Request) (tool.Plan, error) {
	path, err := Path(env)
	if err != nil {
		return tool.Plan{}, err
	}
	p, hosts, err := PlanHelpers(env, in, path, "docker")
	if err != nil {
		return tool.Plan{}, err
	}
	for _, h := range hosts {
		if inVariable(env, h) {
			p.Note(text.Unset(variable), "%s", variableHolds(h))
		}
	}
	return p, nil
}

// Undo plans to remove our entries: of Hosts, which need not be targets any more, else of all targets, or all.
func (Tool) Undo(_ context.Context, env tool.Env, in tool.Request) (tool.Plan, error) {
	path, err := Path(env)
	if err != nil {
		return tool.Plan{}, err
	}
	return UndoHelpers(in, path)
}

// Path is docker's file: https://docs.docker.com/reference/cli/docker/#configuration-files
func Path(env tool.Env) (string, error) {
	if dir := env.Get("DOCKER_CONFIG"); dir != "" {
		return filepath.Join(env.Abs(dir), "config.json"), nil
	}
	return env.InHome(".docker", "config.json")
}

// variable has logins in the form of the file. docker from 28.3, buildx and crane read it first.
const variable = "DOCKER_AUTH_CONFIG"

func inVariable(env tool.Env, t helpers.Target) bool {
	f, err := parse([]byte(env.Get(variable)))
	return err == nil && f.Password(t)
}

func variableHolds(t helpers.Target) string {
	return "the variable " + variable + " holds a password for " + t.HostPort() + ": docker uses it before any helper"
}

// PlanHelpers plans credHelpers in a file, and returns the registries that are set up. name is the tool's.
func PlanHelpers(env tool.Env, in tool.Request, path, name string) (tool.Plan, []helpers.Target, error) {
	if err := env.NeedOnPath(dockerHelper); err != nil {
		return tool.Plan{}, nil, err
	}
	var p tool.Plan
	hosts, err := tool.Registries(in, name, &p)
	if err != nil {
		return tool.Plan{}, nil, err
	}
	f, err := Read(path)
	if err != nil {
		return tool.Plan{}, nil, err
	}
	after := f.bytes
	for i, h := range hosts {
		key := Key(h)
		if len(in.Hosts) > 0 && strings.HasSuffix(in.Hosts[i], ":443") {
			key = h.HostPort() + ":443" // as the image's name has it
		}
		after, err = addHelper(after, key, in.Overwrite)
		var other otherHelper
		if errors.As(err, &other) {
			return tool.Plan{}, nil, tool.Refuse(ConfigureCommand(name, h, in.Profile), "%s has another helper for %s: %s",
				tool.Clean(path), key, tool.Clean(other.name))
		} else if err != nil {
			return tool.Plan{}, nil, tool.Refuse("", "%s can't be edited: %s", tool.Clean(path), err)
		}
	}
	p.Add(edit.Change{Path: path, Before: f.bytes, After: after, View: hideSecrets, Context: 3})
	for _, h := range hosts {
		if f.Password(h) {
			p.Note(LogoutCommand(name, path, h), "%s still holds a password for %s", tool.Clean(path), h.HostPort())
		}
	}
	return p, hosts, nil
}

// ConfigureCommand is the command that replaces another helper of a registry.
func ConfigureCommand(name string, h helpers.Target, profile string) string {
	c := "credential-idcs configure " + name + " --overwrite " + text.Word(h.HostPort())
	if profile != "" {
		c += " --profile " + text.Word(profile)
	}
	return c
}

// LogoutCommand is the command that removes a password from a file. podman needs the file's path: by default it only reads
// that of its last login.
func LogoutCommand(name, path string, h helpers.Target) string {
	if name == "podman" {
		return "podman logout --authfile " + text.Word(path) + " " + text.Word(h.HostPort())
	}
	return name + " logout " + text.Word(h.HostPort())
}

// UndoHelpers plans to remove every entry of ours for the registries from a file, in all spellings of the key.
func UndoHelpers(in tool.Request, path string) (tool.Plan, error) {
	var places []helpers.Target
	for _, typed := range in.Hosts {
		h, err := helpers.ParseServer(typed)
		if err != nil {
			return tool.Plan{}, &helpers.Failure{Class: helpers.Usage, Message: tool.Clean(typed) + " is no registry's host: " + err.Error(), Err: err}
		}
		places = append(places, h)
	}
	if len(in.Hosts) == 0 {
		for _, l := range in.Targets {
			if l.Target.Path() == "" {
				places = append(places, l.Target)
			}
		}
	}
	all := in.All && len(in.Hosts) == 0
	f, err := Read(path)
	if err != nil {
		return tool.Plan{}, err
	}
	after := f.bytes
	for _, e := range f.helpers {
		means := func(t helpers.Target) bool { return t.SameOrigin(e.place) }
		if e.value != ours || !all && (e.place.IsZero() || !slices.ContainsFunc(places, means)) {
			continue
		}
		if after, err = dropHelper(after, e.key); err != nil {
			return tool.Plan{}, tool.Refuse("", "%s can't be edited: %s", tool.Clean(path), err)
		}
	}
	var p tool.Plan
	p.Add(edit.Change{Path: path, Before: f.bytes, After: after, View: hideSecrets, Context: 3})
	return p, nil
}
