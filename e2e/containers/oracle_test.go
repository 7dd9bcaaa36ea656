//go:build linux

package containers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/e2e/rig/servers"
	"github.com/credential-idcs/credential-idcs/oci/ocitest"
)

// ashburn is a registry of Oracle's.
const ashburn = "iad.ocir.io"

// A tenancy is Oracle's side with a registry that has an image, and the machine of somebody with a session
// of the oci CLI. All clients come to Oracle's names by a proxy.
type tenancy struct {
	*testing.T
	*machine.Machine
	oracle *ocitest.Server
}

func openTenancy(t *testing.T) *tenancy {
	t.Helper()
	need.Tool(t, "docker-registry")
	images, stop, err := servers.Open(t.Context(), ashburn, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	x := &tenancy{T: t, oracle: ocitest.Start(t, ocitest.Options{Registry: images})}
	x.Machine = machine.Home(t, program)
	x.Names()
	x.Env = append(x.Env, "HTTPS_PROXY="+x.oracle.ProxyURL())
	x.Tools = append(x.Tools, "SSL_CERT_FILE="+x.oracle.CAFile,
		"HOST="+ashburn, "IMAGE="+ashburn+"/"+servers.Image,
		"XDG_RUNTIME_DIR="+filepath.Dir(x.Put(".run/here", "")), "CONTAINERS_STORAGE_CONF="+x.Put("storage.conf",
			"[storage]\ndriver = \"vfs\"\ngraphroot = \""+x.Home+"/storage\"\nrunroot = \""+x.Home+"/.run/storage\"\n"))
	x.Put(".config/containers/policy.json", `{"default": [{"type": "insecureAcceptAnything"}]}`)
	t.Cleanup(func() { _, _ = x.Try("chmod", "--recursive", "--quiet", "u+w", "storage") })
	folder := filepath.Join(x.Home, ".oci")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := x.oracle.WriteSession(folder, "work"); err != nil {
		t.Fatal(err)
	}
	x.Types("credential-idcs init work --oci session --oci-profile work --target https://" + ashburn + " --ca-file " + x.oracle.CAFile + " --offline")
	return x
}

// costs types a line that has to succeed and to cost so many tokens of the registry.
func (x *tenancy) costs(tokens int, line string) string {
	x.Helper()
	before := x.oracle.Count("registry")
	said := x.Types(line)
	if n := x.oracle.Count("registry") - before; n != tokens {
		x.Errorf("%s: %d tokens were asked for, want %d", line, n, tokens)
	}
	return said
}

// forgets deletes what is stored, so that the next call has to ask Oracle.
func (x *tenancy) forgets() {
	x.Helper()
	x.Types("credential-idcs logout work")
}

// endsSession makes the session of ~/.oci one that is over.
func (x *tenancy) endsSession() {
	x.Helper()
	x.forgets()
	if err := os.Remove(filepath.Join(x.Home, ".oci", "sessions", "work", "token")); err != nil {
		x.Fatal(err)
	}
}

// noSession is what the person reads then.
const noSession = "credential-idcs: profile work: login needed, profile work of ~/.oci/config has no security_token_file\n" +
	"\toci session authenticate --profile-name work --region us-ashburn-1\n"

// refusals demands that the strict double refused nothing that clients sent with our token. containerd's
// library tries OAuth's POST first, which is in no document of OCIR's, and then the GET.
func (x *tenancy) refusals() {
	x.Helper()
	for _, why := range x.oracle.Refusals() {
		if why != "docker: method POST" {
			x.Errorf("refused: %s", why)
		}
	}
}

// Each client of registries, with nothing but what `configure` writes, logs in, pulls and pushes at a
// registry of Oracle's, at the price of one signed request for all it does.
func TestClientsAtOracle(t *testing.T) {
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			need.Tool(t, c.name)
			x := openTenancy(t)
			if c.before != "" {
				x.Types(c.before)
			}
			x.Types("credential-idcs configure " + c.file)
			for i, step := range c.steps {
				if i == 0 {
					x.costs(1, step)
				}
				x.costs(0, step)
			}
			x.forgets()
			x.costs(1, c.steps[0])
			x.refusals()

			x.endsSession()
			x.Fails(c.steps[len(c.steps)-1], noSession)
		})
	}
}

// docker with an engine at a registry of Oracle's, from docker login to docker logout.
func TestDockerAtOracle(t *testing.T) {
	x := openTenancy(t)
	e := engineThat(t, "env", "SSL_CERT_FILE="+x.oracle.CAFile, "HTTPS_PROXY="+x.oracle.ProxyURL())
	x.Tools = append(x.Tools, "DOCKER_HOST="+e.Host)
	x.Types("credential-idcs configure docker")
	for i, step := range []struct{ line, says string }{
		{"docker login $HOST", "Login Succeeded"},
		{"docker pull $IMAGE", "Downloaded newer image"},
		{"docker tag $IMAGE $HOST/team/copy:1 && docker push $HOST/team/copy:1", "digest: sha256:"},
		{"docker pull $HOST/team/copy:1", "Image is up to date"},
		{`docker rmi $IMAGE && printf "FROM $IMAGE\nLABEL a=b\n" >Dockerfile && DOCKER_BUILDKIT=0 docker build --no-cache --tag $HOST/team/built:1 .`, "Successfully built"},
		{"docker push $HOST/team/built:1", "digest: sha256:"},
	} {
		price := 0
		if i%2 == 0 { // a token that is there, and none
			x.forgets()
			price = 1
		}
		x.Reads(step.line, x.costs(price, step.line), step.says)
	}
	if file := x.Types("cat .docker/config.json"); strings.Contains(file, `"auth"`) || !strings.Contains(file, `"`+ashburn+`": "idcs"`) {
		t.Errorf("docker's file:\n%s", file)
	}
	x.refusals()

	x.Reads("docker logout", x.Types("docker logout $HOST"), "Removing login credentials")
	x.costs(0, "docker pull $IMAGE")
	// One that isn't new goes with docker's logout, as somebody who types that would expect.
	x.Age(2 * time.Minute)
	x.Types("docker logout $HOST")
	x.costs(1, "docker pull $IMAGE")
	x.endsSession()
	x.Fails("docker login $HOST", noSession)
	x.Fails("docker pull $IMAGE", "unauthorized", noSession)
}
