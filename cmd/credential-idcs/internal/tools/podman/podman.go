// Package podman sets podman, buildah and skopeo up. Their files have the form of docker's.
package podman

import (
	"context"
	"path/filepath"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/docker"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// Tool is podman, and with it buildah and skopeo.
type Tool struct{}

// Plan plans credHelpers in the auth.json of podman, buildah and skopeo.
func (Tool) Plan(_ context.Context, env tool.Env, in tool.Request) (tool.Plan, error) {
	path, err := podmanFile(env)
	if err != nil {
		return tool.Plan{}, err
	}
	p, hosts, err := docker.PlanHelpers(env, in, path, "podman")
	if err != nil {
		return tool.Plan{}, err
	}
	noteRuntimeFile(env, &p, path, hosts)
	if conf, why := readRegistries(env).skips(); why != "" {
		p.Note(text.Edit(conf), "%s", why)
	}
	return p, nil
}

// Undo plans to remove our entries from podman's file.
func (Tool) Undo(_ context.Context, env tool.Env, in tool.Request) (tool.Plan, error) {
	path, err := podmanFile(env)
	if err != nil {
		return tool.Plan{}, err
	}
	return docker.UndoHelpers(in, path)
}

// podmanFile is the file that survives a reboot; the default of podman login, in $XDG_RUNTIME_DIR, doesn't.
// containers-auth.json(5).
func podmanFile(env tool.Env) (string, error) {
	if file := env.Get("REGISTRY_AUTH_FILE"); file != "" {
		return env.Abs(file), nil
	}
	return env.XDG("XDG_CONFIG_HOME", ".config", "containers", "auth.json")
}

// runtimeFile is the file of podman's own logins, until a reboot; empty: there is none.
func runtimeFile(env tool.Env) string {
	if dir := env.Get("XDG_RUNTIME_DIR"); dir != "" {
		return filepath.Join(env.Abs(dir), "containers", "auth.json")
	}
	if env.RunContainers == "" {
		return ""
	}
	return filepath.Join(env.RunContainers, "auth.json")
}

// files are the files that podman reads, in its order: the first with an entry for a host decides.
func files(env tool.Env) (list []string) {
	if path := env.Get("REGISTRY_AUTH_FILE"); path != "" {
		return []string{env.Abs(path)}
	}
	if path := runtimeFile(env); path != "" {
		list = append(list, path)
	}
	if path, err := podmanFile(env); err == nil {
		list = append(list, path)
	}
	if path, err := docker.Path(env); err == nil {
		list = append(list, path)
	}
	return list
}

// noteRuntimeFile notes entries in the file that is read before ours.
func noteRuntimeFile(env tool.Env, p *tool.Plan, path string, hosts []helpers.Target) {
	earlier := runtimeFile(env)
	if earlier == "" || env.Get("REGISTRY_AUTH_FILE") != "" || earlier == path {
		return
	}
	f, err := docker.Read(earlier)
	if err != nil {
		return
	}
	for _, h := range hosts {
		if f.Password(h) {
			p.Note(docker.LogoutCommand("podman", earlier, h), "%s comes first and holds a password for %s", tool.Clean(earlier), h.HostPort())
		}
		if _, helper := f.Helper(h); helper != "" && !f.Ours(h) {
			p.Note(text.With("REGISTRY_AUTH_FILE", earlier, docker.ConfigureCommand("podman", h, "")),
				"%s comes first and has another helper for %s", tool.Clean(earlier), h.HostPort())
		}
	}
}
