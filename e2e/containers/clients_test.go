//go:build linux

package containers

import (
	"fmt"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/e2e/rig/servers"
)

// A client is a program that speaks to registries by itself, without an engine.
type client struct {
	name   string
	file   string   // whose configuration it reads: docker's or podman's
	before string   // what has to be done first, without the registry
	steps  []string // what is done with the registry
}

var clients = []client{
	{
		name: "docker", file: "docker",
		steps: []string{"docker manifest inspect $IMAGE"},
	},
	{
		name: "buildx", file: "docker",
		before: "mkdir -p .docker/cli-plugins && ln -s $(command -v buildx) .docker/cli-plugins/docker-buildx",
		steps: []string{
			"docker buildx imagetools inspect $IMAGE",
			"docker buildx imagetools create --tag $HOST/team/copy:1 $IMAGE",
		},
	},
	{
		name: "crane", file: "docker",
		steps: []string{
			"crane manifest $IMAGE",
			"crane pull $IMAGE image.tar",
			"crane push image.tar $HOST/team/copy:1",
		},
	},
	{
		name: "oras", file: "docker",
		steps: []string{
			"oras manifest fetch $IMAGE",
			"oras copy $IMAGE --to-oci-layout layout:1",
			"oras copy --from-oci-layout layout:1 $HOST/team/copy:1",
		},
	},
	{
		name: "helm", file: "docker",
		before: chart,
		steps: []string{
			"helm push app-1.0.0.tgz oci://$HOST/charts",
			"helm show chart oci://$HOST/charts/app",
			"helm pull oci://$HOST/charts/app --version 1.0.0",
		},
	},
	{
		name: "skopeo", file: "podman",
		steps: []string{
			"skopeo login $HOST",
			"skopeo inspect --raw docker://$IMAGE",
			"skopeo copy docker://$IMAGE dir:image",
			"skopeo copy dir:image docker://$HOST/team/copy:1",
		},
	},
	{
		name: "podman", file: "podman",
		steps: []string{
			"podman login $HOST",
			"podman manifest inspect $IMAGE",
			"podman pull $IMAGE",
			"podman push $IMAGE $HOST/team/copy:1",
		},
	},
	{
		name: "buildah", file: "podman",
		before: `echo text >file && printf "FROM $IMAGE\nCOPY file /\n" >Dockerfile`,
		steps: []string{
			"buildah login $HOST",
			"buildah bud --pull-always --tag built .",
			"buildah push localhost/built docker://$HOST/team/copy:1",
		},
	},
}

// Each client, with nothing but what `configure` writes, gets in whenever the token has expired, at the
// price of one refresh each time. After a logout it shows what the helper says.
func TestClients(t *testing.T) {
	y := open(t)
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			need.Tool(t, c.name)
			p := y.enter(t)
			if c.before != "" {
				p.Types(c.before)
			}
			p.Types("credential-idcs configure " + c.file)
			before := y.registry.Tally()
			for _, step := range c.steps {
				p.Expire()
				p.Pays(1, step)
				p.Pays(0, step)
			}
			after := y.registry.Tally()
			if after.Accepted < before.Accepted+2*len(c.steps) || after.Refused > before.Refused || after.User != y.User.Name {
				t.Errorf("the token server saw %+v, then %+v", before, after)
			}
			p.Chain()

			p.LogsOut()
			for _, step := range c.steps {
				p.Fails(step, machine.NeedsLogin...)
			}
			if now := y.registry.Tally(); now.Accepted > after.Accepted {
				t.Errorf("the token server saw %+v, then %+v", after, now)
			}
		})
	}
}

// 64 clients of all kinds start at once with an expired token, git among them. One of them refreshes it,
// and all get in.
func TestCrowdOfClients(t *testing.T) {
	y := open(t)
	cert, err := y.CA.Issue("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	git, err := servers.Git(t.Context(), cert, y.Access, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = git.Close() })
	p := y.enter(t)
	p.Tools = append(p.Tools, "GIT_CONFIG_NOSYSTEM=1", "GIT_SSL_CAINFO="+y.CAFile, "URL="+git.URL+servers.Repository)
	p.Profile.Targets = append(p.Profile.Targets, git.URL)
	p.Configure()
	p.Types("credential-idcs configure git && credential-idcs configure docker $HOST && credential-idcs configure podman $HOST")
	var crowd strings.Builder
	for i := range 16 {
		for _, tool := range []struct{ name, line string }{
			{"git", "git ls-remote $URL"},
			{"docker", "docker manifest inspect $IMAGE"},
			{"crane", "crane manifest $IMAGE"},
			{"skopeo", "skopeo inspect --raw docker://$IMAGE"},
		} {
			need.Tool(t, tool.name)
			fmt.Fprintf(&crowd, "%s >%s.%d &\n", tool.line, tool.name, i)
		}
	}
	p.Expire()
	p.Pays(1, crowd.String()+"wait")
	if n := strings.Count(p.Types("cat docker.* crane.* skopeo.*"), "schemaVersion"); n != 48 {
		t.Errorf("the registry let %d of 48 in", n)
	}
	if n := strings.Count(p.Types("cat git.*"), "refs/heads/main"); n != 16 {
		t.Errorf("the git server let %d of 16 in", n)
	}
	p.Chain()
}
