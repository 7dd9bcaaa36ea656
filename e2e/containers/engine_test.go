//go:build linux

package containers

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// docker with an engine, as a person uses it from the first login to the last logout, by credHelpers
// alone. Every step finds the token expired.
func TestDocker(t *testing.T) {
	y := open(t)
	e := y.engine(t)
	p := y.enter(t)
	p.Tools = append(p.Tools, "DOCKER_HOST="+e.Host)
	p.Types("credential-idcs configure docker")
	p.Types("echo text >file")
	// Docker's first builder, in the engine; TestBuildKit is of the other.
	const build = "DOCKER_BUILDKIT=0 docker build --no-cache --tag "
	for _, step := range []struct {
		line string
		says string
	}{
		{"docker login $HOST", "Login Succeeded"},
		{"docker pull $IMAGE", "Downloaded newer image"},
		{"docker tag $IMAGE $HOST/team/copy:1 && docker push $HOST/team/copy:1", "digest: sha256:"},
		{"docker pull $HOST/team/copy:1", "Image is up to date"},
		{`docker rmi $IMAGE && printf "FROM $IMAGE\nCOPY file /\n" >Dockerfile && ` + build + "$HOST/team/built:1 .", "Successfully built"},
		{"docker push $HOST/team/built:1", "digest: sha256:"},
	} {
		p.Expire()
		p.Reads(step.line, p.Pays(1, step.line), step.says)
		p.Pays(0, step.line)
	}
	if tally := y.registry.Tally(); tally.Refused > 0 || tally.User != y.User.Name {
		t.Errorf("the token server saw %+v", tally)
	}
	// Nothing that docker writes beside our line is a credential.
	if file := p.Types("cat .docker/config.json"); strings.Contains(file, `"auth"`) || !strings.Contains(file, `": "idcs"`) {
		t.Errorf("docker's file:\n%s", file)
	}

	// docker's logout isn't the domain's: git and kubectl live on the same token.
	p.Reads("docker logout", p.Types("docker logout $HOST"), "Removing login credentials",
		"credential-idcs: profile work stays logged in\n\tcredential-idcs logout work\n")
	p.Pays(0, "docker pull $IMAGE")
	p.Chain()

	// docker hides what the helper prints for it in every command, and goes on without a credential. What
	// reaches the person is the helper's stderr.
	p.LogsOut()
	p.Fails("docker login $HOST", machine.NeedsLogin...)
	for _, line := range []string{
		"docker pull $IMAGE",
		"docker push $HOST/team/copy:1",
		"docker rmi $IMAGE; " + build + "x .",
	} {
		p.Fails(line, append([]string{"unauthorized"}, machine.NeedsLogin...)...)
	}
}

// BuildKit gets the credential through its client, once for a build, and pushes at the end of it.
func TestBuildKit(t *testing.T) {
	need.Tool(t, "buildx")
	y := open(t)
	e := y.engine(t)
	p := y.enter(t)
	p.Tools = append(p.Tools, "DOCKER_HOST="+e.Host)
	p.Types("credential-idcs configure docker")
	p.Types(`echo text >file && printf "FROM $IMAGE\nCOPY file /\n" >Dockerfile`)
	const build = "buildx build --progress=plain --no-cache --pull --push --tag $HOST/team/built:1 ."
	p.Expire()
	p.Pays(1, build)
	p.Types("docker pull $HOST/team/built:1")
	if tally := y.registry.Tally(); tally.Refused > 0 || tally.User != y.User.Name {
		t.Errorf("the token server saw %+v", tally)
	}
	p.Chain()
	p.LogsOut()
	p.Fails(build, machine.NeedsLogin...)
}

// docker asks the helper of credsStore for all registries. That isn't what we write, but a person may
// have: others' registries work as if we weren't there, and a password that we can't keep isn't lost
// without a word.
func TestCredsStore(t *testing.T) {
	const password = "not of the domain"
	y := open(t)
	other := y.serve(t, others, func(token string) (string, error) {
		if token != password {
			return "", errors.New("not here")
		}
		return "bob", nil
	})
	e := y.engine(t)
	p := y.enter(t)
	p.Tools = append(p.Tools, "DOCKER_HOST="+e.Host, "OTHER="+other.Host)
	p.Put(".docker/config.json", `{"credsStore": "idcs"}`)

	p.Types("docker login $HOST")
	p.Pays(0, "docker pull $IMAGE")
	p.Fails("docker pull $OTHER/team/app:1", "unauthorized")
	if tally := other.Tally(); tally.Refused > 0 {
		t.Errorf("the other registry was sent our token: %+v", tally)
	}
	p.Types("echo 'FROM scratch\nCOPY Dockerfile /' >Dockerfile")
	p.Types("DOCKER_BUILDKIT=0 docker build .") // asks for all that list names

	p.Reads("doctor", p.Types("credential-idcs doctor --offline work"),
		"warning  docker uses credential-idcs for every registry", "ok       docker uses credential-idcs for "+y.registry.Host+"\n")
	p.Fails("echo '"+password+"' | docker login --username bob --password-stdin $OTHER",
		"credential-idcs: "+others)
	p.Reads("docker login with a name", p.Types("credential-idcs token work | docker login --username bob --password-stdin $HOST"),
		"Login Succeeded", "not kept: this registry gets tokens of profile work")
	file, err := os.ReadFile(p.Home + "/.docker/config.json")
	if err != nil || strings.Contains(string(file), `"auth"`) {
		t.Errorf("docker's file, %v:\n%s", err, file)
	}
	p.Chain()

	p.LogsOut()
	p.Types("DOCKER_BUILDKIT=0 docker build .") // list names nobody, as one that can't be had ends the build
	p.Fails("docker pull $IMAGE", machine.NeedsLogin...)
}

// The command line without an engine tries a credential itself.
func TestDockerLoginWithoutEngine(t *testing.T) {
	need.Tool(t, "docker")
	y := open(t)
	p := y.enter(t)
	p.Tools = append(p.Tools, "DOCKER_HOST=unix://"+p.Home+"/no-engine")
	p.Types("credential-idcs configure docker")
	const login = "credential-idcs token work | docker login --username ana --password-stdin $HOST"
	p.Reads(login, p.Types(login), "Login Succeeded", "not kept: this registry gets tokens of profile work")
	p.Types("docker manifest inspect $IMAGE")
	p.Fails("docker login $HOST", "no-engine")
}
