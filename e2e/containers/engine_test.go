//go:build linux

package containers

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/need"
)

// docker with an engine, as a person uses it from the first login to the last logout, by credHelpers
// alone. Every step finds the token expired.
func TestDocker(t *testing.T) {
	y := open(t)
	e := y.engine(t)
	p := y.enter(t)
	p.Tools = append(p.Tools, "DOCKER_HOST="+e.Host)
	p.types("credential-idcs configure docker")
	p.types("echo text >file")
	// Most machines have no Dockerfile for the old builder any more, but CI often has.
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
		p.reads(step.line, p.pays(1, step.line), step.says)
		p.pays(0, step.line)
	}
	if tally := y.registry.Tally(); tally.Refused > 0 || tally.User != y.User.Name {
		t.Errorf("the token server saw %+v", tally)
	}
	// Nothing that docker writes beside our line is a credential.
	if file := p.types("cat .docker/config.json"); strings.Contains(file, `"auth"`) || !strings.Contains(file, `": "idcs"`) {
		t.Errorf("docker's file:\n%s", file)
	}

	// docker's logout isn't the domain's: git and kubectl live on the same token.
	p.reads("docker logout", p.types("docker logout $HOST"), "Removing login credentials",
		"credential-idcs: profile work stays logged in\n\tcredential-idcs logout work\n")
	p.pays(0, "docker pull $IMAGE")
	p.Chain()

	// docker hides what the helper prints for it in every command, and goes on without a credential. What
	// reaches the person is the helper's stderr.
	p.logsOut()
	p.fails("docker login $HOST", needsLogin...)
	for _, line := range []string{
		"docker pull $IMAGE",
		"docker push $HOST/team/copy:1",
		"docker rmi $IMAGE; " + build + "x .",
	} {
		p.fails(line, append([]string{"unauthorized"}, needsLogin...)...)
	}
}

// BuildKit gets the credential through its client, once for a build, and pushes at the end of it.
func TestBuildKit(t *testing.T) {
	need.Tool(t, "buildx")
	y := open(t)
	e := y.engine(t)
	p := y.enter(t)
	p.Tools = append(p.Tools, "DOCKER_HOST="+e.Host)
	p.types("credential-idcs configure docker")
	p.types(`echo text >file && printf "FROM $IMAGE\nCOPY file /\n" >Dockerfile`)
	const build = "buildx build --progress=plain --no-cache --pull --push --tag $HOST/team/built:1 ."
	p.Expire()
	p.pays(1, build)
	p.types("docker pull $HOST/team/built:1")
	if tally := y.registry.Tally(); tally.Refused > 0 || tally.User != y.User.Name {
		t.Errorf("the token server saw %+v", tally)
	}
	p.Chain()
	p.logsOut()
	p.fails(build, needsLogin...)
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

	p.types("docker login $HOST")
	p.pays(0, "docker pull $IMAGE")
	p.fails("docker pull $OTHER/team/app:1", "unauthorized")
	if tally := other.Tally(); tally.Refused > 0 {
		t.Errorf("the other registry was sent our token: %+v", tally)
	}
	p.types("echo 'FROM scratch\nCOPY Dockerfile /' >Dockerfile")
	p.types("DOCKER_BUILDKIT=0 docker build .") // asks for all that list names

	p.fails("echo '"+password+"' | docker login --username bob --password-stdin $OTHER",
		"credential-idcs: "+others)
	p.reads("docker login with a name", p.types("credential-idcs token work | docker login --username bob --password-stdin $HOST"),
		"Login Succeeded", "not kept: this registry gets tokens of profile work")
	file, err := os.ReadFile(p.Home + "/.docker/config.json")
	if err != nil || strings.Contains(string(file), `"auth"`) {
		t.Errorf("docker's file, %v:\n%s", err, file)
	}
	p.Chain()

	p.logsOut()
	p.types("DOCKER_BUILDKIT=0 docker build .") // list names nobody, as one that can't be had ends the build
	p.fails("docker pull $IMAGE", needsLogin...)
}

// The command line without an engine tries a credential itself.
func TestDockerLoginWithoutEngine(t *testing.T) {
	need.Tool(t, "docker")
	y := open(t)
	p := y.enter(t)
	p.Tools = append(p.Tools, "DOCKER_HOST=unix://"+p.Home+"/no-engine")
	p.types("credential-idcs configure docker")
	const login = "credential-idcs token work | docker login --username ana --password-stdin $HOST"
	p.reads(login, p.types(login), "Login Succeeded", "not kept: this registry gets tokens of profile work")
	p.types("docker manifest inspect $IMAGE")
	p.fails("docker login $HOST", "no-engine")
}
