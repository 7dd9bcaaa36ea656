//go:build linux

package containers

import (
	"fmt"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/e2e/rig/servers"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// Asked for a registry that is no target, we say so in the one way that clients understand: they go on
// without a credential, and a public image is had. It makes no difference whether a person set us for
// that registry or for all (credsStore), nor whether they are logged in.
func TestRegistryThatIsNoTarget(t *testing.T) {
	y := open(t)
	public := y.serve(t, others, nil)
	files := map[string]string{
		"credHelpers": fmt.Sprintf(`{"credHelpers": {%q: "idcs"}}`, public.Host),
		"credsStore":  `{"credsStore": "idcs"}`,
	}
	for _, test := range []struct{ tool, line string }{
		{"docker", "docker manifest inspect $IMAGE"},
		{"buildx", "buildx imagetools inspect $IMAGE"},
		{"crane", "crane manifest $IMAGE"},
		{"oras", "oras manifest fetch $IMAGE"},
		{"helm", "helm push app-1.0.0.tgz oci://$HOST/charts"},
		{"skopeo", "skopeo inspect --raw docker://$IMAGE"},
		{"podman", "podman pull $IMAGE"},
		{"buildah", "buildah pull $IMAGE"},
	} {
		for set, file := range files {
			t.Run(test.tool+" "+set, func(t *testing.T) {
				need.Tool(t, test.tool)
				p := y.enter(t)
				p.Tools = append(p.Tools, "HOST="+public.Host, "IMAGE="+public.Host+"/"+servers.Image)
				p.Put(".docker/config.json", file)
				if set == "credHelpers" { // podman and its relatives know no credsStore but in docker's file
					p.Put(".config/containers/auth.json", file)
				}
				if test.tool == "helm" {
					p.Types(chart)
				}
				p.Pays(0, test.line)
				p.LogsOut()
				p.Types(test.line)
			})
		}
	}
}

// chart packages a chart, app-1.0.0.tgz.
const chart = `mkdir chart && printf 'apiVersion: v2\nname: app\nversion: 1.0.0\n' >chart/Chart.yaml && helm package chart`

// Clients of registries don't tell us of a token that a registry refuses although it is fresh: it is
// given again until a person asks for a new one.
func TestRefusedToken(t *testing.T) {
	need.Tool(t, "crane")
	y := open(t)
	p := y.enter(t)
	p.Types("credential-idcs configure docker")
	y.Refuse(p.Stored().Access)
	p.Age(2 * time.Minute)
	before := y.Posts(idcstest.Refresh)
	for range 2 {
		p.Fails("crane manifest $IMAGE", "401 Unauthorized")
	}
	if n := y.Posts(idcstest.Refresh) - before; n != 0 {
		t.Errorf("%d refreshes, want none", n)
	}
	p.Pays(1, "credential-idcs refresh work && crane manifest $IMAGE")
}
