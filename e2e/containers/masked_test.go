//go:build linux

package containers

import (
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// Some clients have a login of their own, which keeps the password that it was given, and is looked at
// before credHelpers: a person who used it is no longer ours, and has a dead token in an hour. doctor
// says so, and its command mends it.
func TestOwnLoginMasksUs(t *testing.T) {
	y := open(t)
	for _, test := range []struct{ tool, login, use string }{
		{"helm", "helm registry login", "helm show chart oci://$HOST/charts/app"},
		{"podman", "podman login", "podman pull $IMAGE"},
		{"skopeo", "skopeo login", "skopeo inspect docker://$IMAGE"},
	} {
		t.Run(test.login, func(t *testing.T) {
			need.Tool(t, test.tool)
			p := y.enter(t)
			p.Types("credential-idcs configure docker && credential-idcs configure podman")
			if test.tool == "helm" {
				p.Types(chart + " && helm push app-1.0.0.tgz oci://$HOST/charts")
			}
			p.Types("credential-idcs token work | " + test.login + " --username ana --password-stdin $HOST")
			p.Expire()
			p.Pays(0, test.use)
			p.Types(mending(p, " for "+y.registry.Host+" "))
			p.Pays(1, test.use)
			if said := p.Types("credential-idcs doctor --offline work"); strings.Contains(said, "warning") {
				t.Errorf("still masked:\n%s", said)
			}
			p.Chain()
		})
	}
}

// mending is the command that doctor has for the warning with the words.
func mending(p *person, words string) string {
	p.Helper()
	said := p.Types("credential-idcs doctor --offline work")
	_, rest, _ := strings.Cut(said, "warning")
	fact, rest, _ := strings.Cut(rest, "\n")
	command, rest, _ := strings.Cut(rest, "\n")
	if !strings.Contains(fact, words) || !strings.HasPrefix(command, "\t") || strings.Contains(rest, "warning") {
		p.Fatalf("doctor has no command, or more than one, for what is wrong:\n%s", said)
	}
	return strings.TrimSpace(command)
}

// Where XDG_RUNTIME_DIR isn't set, as in most containers and after sudo, podman's own login lies below
// /run.
func TestOwnLoginBelowRun(t *testing.T) {
	need.Tool(t, "podman")
	y := open(t)
	p := y.enter(t)
	p.Types("credential-idcs configure podman")
	said := p.Types(`unset XDG_RUNTIME_DIR &&
		credential-idcs token work | podman login --username ana --password-stdin $HOST &&
		credential-idcs doctor --offline work; credential-idcs configure podman`)
	const file = "/run/containers/0/auth.json"
	p.Reads("doctor", said, "podman uses the password for "+y.registry.Host+" in "+file+" before any helper\n\t"+
		"podman logout --authfile "+file+" "+y.registry.Host+"\n")
	p.Reads("configure", said, file+" comes first and holds a password for "+y.registry.Host+"\n\t"+
		"podman logout --authfile "+file+" "+y.registry.Host+"\n")
}

// DOCKER_AUTH_CONFIG comes before credHelpers for those who know it: docker from 28.3, buildx, crane.
func TestVariableMasksUs(t *testing.T) {
	y := open(t)
	p := y.enter(t)
	p.Types("credential-idcs configure docker")
	const set = `export DOCKER_AUTH_CONFIG="{\"auths\":{\"$HOST\":{\"auth\":\"$(printf ana:wrong | base64)\"}}}"; `
	for tool, line := range map[string]string{
		"crane":  "crane manifest $IMAGE",
		"buildx": "buildx imagetools inspect $IMAGE",
	} {
		need.Tool(t, tool)
		p.Types(line)
		p.Fails(set+line, "401 Unauthorized")
	}
	p.Reads("doctor", p.Types(set+"credential-idcs doctor --offline work"), "docker uses it before any helper\n\tunset DOCKER_AUTH_CONFIG\n")
}
