//go:build linux

package containers

import (
	"fmt"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/machine"
	"github.com/credential-idcs/credential-idcs/e2e/need"
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

// Many clients of all kinds start with an expired token. One of them refreshes it, and all get in.
func TestCrowdOfClients(t *testing.T) {
	y := open(t)
	p := y.enter(t)
	p.Types("credential-idcs configure docker")
	p.Types("credential-idcs configure podman")
	var lines []string
	for range 4 {
		for _, tool := range []struct{ name, line string }{
			{"docker", "docker manifest inspect $IMAGE"},
			{"crane", "crane manifest $IMAGE"},
			{"oras", "oras manifest fetch $IMAGE"},
			{"skopeo", "skopeo inspect --raw docker://$IMAGE"},
		} {
			need.Tool(t, tool.name)
			lines = append(lines, fmt.Sprintf("%s >out.%d &", tool.line, len(lines)))
		}
	}
	p.Expire()
	p.Pays(1, strings.Join(lines, "\n")+"\nwait")
	if n := strings.Count(p.Types("cat out.*"), "schemaVersion"); n != len(lines) {
		t.Errorf("%d of %d got in", n, len(lines))
	}
	p.Chain()
}
