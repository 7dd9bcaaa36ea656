package podman

import (
	"context"
	"slices"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/docker"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/internal/text"
)

// Look checks the files of podman, buildah and skopeo (containers-auth.json(5)).
func (Tool) Look(_ context.Context, s *tool.Survey) {
	client := s.AnyOf("podman", "buildah", "skopeo")
	own, err := podmanFile(s.Env)
	if err != nil {
		return
	}
	var all []*docker.File
	for _, path := range files(s.Env) {
		if f := docker.Open(s, path); f != nil {
			all = append(all, f)
		}
	}
	registries := readRegistries(s.Env)
	used := false
	for _, t := range s.Places {
		for i, f := range all {
			if _, helper := f.Helper(t.Target); helper == "" && !f.Password(t.Target) {
				continue
			} else if helper == "" && slices.ContainsFunc(all[i+1:], func(f *docker.File) bool { return f.Ours(t.Target) }) {
				s.Warn(client+" uses the password for "+t.Target.HostPort()+" in "+tool.Clean(f.Path)+" before any helper", docker.LogoutCommand("podman", f.Path, t.Target))
				break
			}
			if docker.Registry(s, f, client, "podman", t) {
				used = true
				if path := registries.insecure(t.Target); path != "" {
					s.Warn(client+" doesn't check who answers at "+t.Target.HostPort()+" (insecure in "+tool.Clean(path)+"), so anybody may get the token", text.Edit(path))
				}
			}
			break
		}
	}
	for _, f := range all {
		if f.Path != own {
			continue
		}
		docker.Former(s, f, "podman")
		if f.NoHelpers && !used && len(s.Places) > 0 {
			s.Warn(tool.Clean(f.Path)+" has an empty credHelpers: `podman logout --all` removes all helpers, ours too", tool.SetUp("podman", s.Places[0].Profile))
		}
	}
	if path, why := registries.skips(); why != "" && used {
		s.Problem(why, text.Edit(path))
	}
	if s.AnyOf("docker", "crane", "oras", "helm") == "" { // else docker's Look has reported it
		s.Name("docker-credential-idcs", client, used)
	} else if used && s.Find("docker-credential-idcs") == "" {
		s.Name("docker-credential-idcs", client, used)
	}
}
