package docker

import (
	"context"
	"errors"
	"path/filepath"
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
	path, err := dockerFile(env)
	if err != nil {
		return tool.Plan{}, err
	}
	p, hosts, err := PlanHelpers(env, in, path, "docker")
	if err != nil {
		return tool.Plan{}, err
	}
	if env.Get("DOCKER_AUTH_CONFIG") != "" && len(hosts) > 0 {
		p.Note("unset DOCKER_AUTH_CONFIG", "DOCKER_AUTH_CONFIG is set: docker takes what it holds for a registry before it asks a helper")
	}
	return p, nil
}

// Undo plans the way back: for Hosts, which need not be targets any more, else for all
// targets. Only the value "idcs" is removed.
func (Tool) Undo(_ context.Context, env tool.Env, in tool.Request) (tool.Plan, error) {
	path, err := dockerFile(env)
	if err != nil {
		return tool.Plan{}, err
	}
	return UndoHelpers(in, path)
}

// dockerFile: https://docs.docker.com/reference/cli/docker/#configuration-files
func dockerFile(env tool.Env) (string, error) {
	if dir := env.Get("DOCKER_CONFIG"); dir != "" {
		return filepath.Join(env.Abs(dir), "config.json"), nil
	}
	return env.InHome(".docker", "config.json")
}

// PlanHelpers plans credHelpers in a file, and returns the registries that are set up.
func PlanHelpers(env tool.Env, in tool.Request, path, name string) (tool.Plan, []helpers.Target, error) {
	if err := env.NeedOnPath(dockerHelper); err != nil {
		return tool.Plan{}, nil, err
	}
	var p tool.Plan
	hosts, err := tool.Registries(in, name, &p)
	if err != nil {
		return tool.Plan{}, nil, err
	}
	before, err := tool.Read(path)
	if err != nil {
		return tool.Plan{}, nil, err
	}
	after := before
	for _, h := range hosts {
		after, err = AddHelper(after, h.HostPort(), in.Overwrite)
		var other OtherHelper
		if errors.As(err, &other) {
			return tool.Plan{}, nil, tool.Refuse(ConfigureCommand(name, h, in.Profile), "%s has another helper for %s: %s",
				tool.Clean(path), h.HostPort(), tool.Clean(other.name))
		} else if err != nil {
			return tool.Plan{}, nil, tool.Refuse("", "%s can't be edited: %s", tool.Clean(path), err)
		}
	}
	p.Add(edit.Change{Path: path, Before: before, After: after, View: hideSecrets, Context: 3})
	for _, h := range hosts {
		if StaleAuth(after, h) {
			p.Note(LogoutCommand(name, path, h), "%s still holds a password for %s", tool.Clean(path), h.HostPort())
		}
	}
	return p, hosts, nil
}

// ConfigureCommand replaces another helper of a registry.
func ConfigureCommand(name string, h helpers.Target, profile string) string {
	c := "credential-idcs configure " + name + " --overwrite " + text.Word(h.HostPort())
	if profile != "" {
		c += " --profile " + text.Word(profile)
	}
	return c
}

// StaleAuth is whether the file also holds a password for a host. The entry without content that
// docker leaves behind a login through a helper is none.
func StaleAuth(b []byte, h helpers.Target) bool {
	d := edit.JSON{B: b}
	root, err := d.Root()
	if err != nil {
		return false
	}
	at := root.Index("auths")
	if at < 0 || !root.Members[at].IsObject {
		return false
	}
	auths, err := d.Object(root.Members[at].Value.From)
	if err != nil {
		return false
	}
	for _, m := range auths.Members {
		t, err := helpers.ParseServer(strings.TrimPrefix(m.Name, "http://"))
		if err != nil || t != h || !m.IsObject {
			continue
		}
		if entry, err := d.Object(m.Value.From); err != nil || len(entry.Members) > 0 {
			return true
		}
	}
	return false
}

// LogoutCommand removes a password from a file. podman looks into the one of its last login only, unless
// it is told.
func LogoutCommand(name, path string, h helpers.Target) string {
	if name == "podman" {
		return "podman logout --authfile " + text.Word(path) + " " + text.Word(h.HostPort())
	}
	return name + " logout " + text.Word(h.HostPort())
}

// UndoHelpers plans the way back in a file.
func UndoHelpers(in tool.Request, path string) (tool.Plan, error) {
	var keys []string
	for _, typed := range in.Hosts {
		h, err := helpers.ParseServer(typed)
		if err != nil {
			return tool.Plan{}, &helpers.Failure{Class: helpers.Usage, Message: tool.Clean(typed) + " is no registry's host: " + err.Error(), Err: err}
		}
		keys = append(keys, h.HostPort())
	}
	if len(in.Hosts) == 0 {
		for _, l := range in.Targets {
			if l.Target.Path() == "" {
				keys = append(keys, l.Target.HostPort())
			}
		}
	}
	before, err := tool.Read(path)
	if err != nil {
		return tool.Plan{}, err
	}
	after := before
	for _, k := range keys {
		if after, err = dropHelper(after, k); err != nil {
			return tool.Plan{}, tool.Refuse("", "%s can't be edited: %s", tool.Clean(path), err)
		}
	}
	var p tool.Plan
	p.Add(edit.Change{Path: path, Before: before, After: after, View: hideSecrets, Context: 3})
	return p, nil
}
