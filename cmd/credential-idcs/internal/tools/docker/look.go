package docker

import (
	"cmp"
	"context"
	"path/filepath"
	"strings"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/helpers"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// Look checks docker's file. A helper for the host goes before everything else in it (cli/config/configfile of
// https://github.com/docker/cli).
func (Tool) Look(ctx context.Context, s *tool.Survey) {
	client := s.AnyOf("docker", "crane", "oras", "helm")
	path, err := Path(s.Env)
	if err != nil {
		return
	}
	f := Open(s, path)
	used := false
	if f != nil && f.Store == ours {
		s.Warn("docker uses credential-idcs for every registry (credsStore in "+tool.Clean(path)+"), and so can't store a password for any other: remove that line", text.Edit(path))
	}
	for _, t := range s.Places {
		used = Registry(s, f, client, "docker", t) || used
		if used && t.Set && t.Target.Path() == "" && inVariable(s.Env, t.Target) {
			s.Warn(variableHolds(t.Target), text.Unset(variable))
		}
	}
	Former(s, f, "docker")
	helm(ctx, s, f)
	s.Name(dockerHelper, client, used)
}

// Open reads a file, and reports it if it can't be read. It returns nil then, and if there is none.
func Open(s *tool.Survey, path string) *File {
	f, err := Read(path)
	if err != nil {
		failure := helpers.AsFailure(err)
		s.Problem(failure.Message, cmp.Or(failure.Command, text.Show(path)))
		return nil
	}
	if f.bytes == nil {
		return nil
	}
	return f
}

// helm checks helm's own file, into which `helm registry login` writes passwords. helm reads docker's only for a registry
// that isn't in its own.
func helm(ctx context.Context, s *tool.Survey, dockers *File) {
	program := s.Find("helm")
	if program == "" {
		return
	}
	path, status := s.Run(ctx, program, "env", "HELM_REGISTRY_CONFIG")
	if path = strings.TrimSpace(path); status != 0 || !filepath.IsAbs(path) {
		return // older than 3.7, or not that helm
	}
	f := Open(s, path)
	for _, t := range s.Places {
		if f.Password(t.Target) && dockers.Ours(t.Target) {
			s.Warn("helm uses the password for "+t.Target.HostPort()+" in "+tool.Clean(f.Path)+" before any helper", "helm registry logout "+text.Word(t.Target.HostPort()))
		}
	}
}

// Registry checks a file for a target, for a client of a family: docker or podman. It reports whether the file has our
// helper for it. A target with a path is no registry: a registry is a host.
func Registry(s *tool.Survey, f *File, client, family string, t *tool.Place) bool {
	if t.Target.Path() != "" || f == nil {
		return false
	}
	host := t.Target.HostPort()
	key, helper := f.Helper(t.Target)
	if helper == "" && family == "docker" && f.Store == ours {
		helper = f.Store
	}
	for _, key := range f.mistaken(t.Target) {
		s.Warn(client+" never looks up the key "+tool.Clean(key)+" of credHelpers in "+tool.Clean(f.Path)+": it must be "+Key(t.Target),
			tool.SetUp(family, t.Profile))
	}
	if helper != ours {
		switch {
		case helper != "":
			s.Warn(client+" uses another helper for "+host+": "+tool.Clean(helper)+", set in "+tool.Clean(f.Path),
				ConfigureCommand(family, t.Target, t.Profile))
		case !t.Set && f.Password(t.Target):
			s.Warn(client+" has a password of its own for "+host+", in "+tool.Clean(f.Path), tool.SetUp(family, t.Profile))
		}
		return false
	}
	t.Set = true
	right := true
	if path := insecure(s, family, t.Target); path != "" {
		s.Warn(client+" doesn't check who answers at "+host+" (insecure-registries in "+tool.Clean(path)+"), so anybody may get the token", text.AsRoot(text.Edit(path)))
		right = false
	}
	if f.Password(t.Target) {
		s.Warn("an old password for "+host+" is still in "+tool.Clean(f.Path), LogoutCommand(family, f.Path, t.Target))
		right = false
	}
	if right {
		if key == host || key == "" {
			key = host
		}
		s.OK(client + " uses credential-idcs for " + key)
	}
	return true
}

// Former reports the entries of ours for registries that are no target any more.
func Former(s *tool.Survey, f *File, family string) {
	for _, key := range f.former(s.Known) {
		s.Former(f.Path, family, key)
	}
}

// insecure is the file that lets docker's engine use a registry without checking its certificate, or without TLS; empty:
// none does. https://docs.docker.com/reference/cli/dockerd/#insecure-registries
func insecure(s *tool.Survey, family string, t helpers.Target) string {
	if family != "docker" {
		return ""
	}
	for _, path := range s.EngineFiles {
		b, err := edit.Read(path)
		if err != nil {
			continue
		}
		for _, registry := range engineList(b) {
			if named, err := helpers.ParseServer(registry); err == nil && named.SameOrigin(t) {
				return path
			}
		}
	}
	return ""
}
