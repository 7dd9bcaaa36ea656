package goauth

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/credential-idcs/credential-idcs/internal/helpertest"
)

// The tests of this file are the go command's: it fetches a private module over https, and starts
// this test binary as `credential-idcs goauth`.

func TestMain(m *testing.M) { helpertest.Main(m, Helper) }

// far is an expiry that no test reaches.
const far = " expiry=4102444800"

const module = "git.example.com/team/mod"

// newForge serves one module to who has its token: where it is (go-get=1), and then by the protocol
// of module proxies, which it also is at /proxy.
func newForge(t *testing.T, takes string) *helpertest.Server {
	files := helpertest.GoModule(t, module, "/team/mod/", "/proxy/")
	files["/team/mod"] = `<meta name="go-import" content="` + module + ` mod https://` + module + `">`
	return helpertest.NewServer(t, takes, files)
}

// A client is a go command with nothing of its own but GOAUTH.
type client struct {
	path, home, log string
	env             []string
}

func newClient(t *testing.T, f *helpertest.Server, targets string, env ...string) *client {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the go command takes a test's certificate by SSL_CERT_FILE on linux")
	}
	home := t.TempDir()
	c := &client{path: helpertest.Tool(t, "go"), home: home, log: filepath.Join(home, "log")}
	c.env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "SSL_CERT_FILE=" + f.CAFile(t), "HTTPS_PROXY=" + f.Tunnel(t),
		"GOENV=off", "GOTOOLCHAIN=local", "GOFLAGS=-modcacherw", "GOPATH=" + filepath.Join(home, "go"), "GOCACHE=" + filepath.Join(home, "cache"),
		"GOPROXY=direct", "GOSUMDB=off", "GOVCS=*:off",
		"GOAUTH=" + helpertest.Link(t, "credential-idcs") + " goauth",
		helpertest.EnvTargets + "=" + targets, helpertest.EnvLog + "=" + c.log,
	}, env...)
	return c
}

func (c *client) download(t *testing.T, module string) (output string, err error) {
	t.Helper()
	cmd := exec.Command(c.path, "mod", "download", "-x", "-json", module)
	cmd.Dir, cmd.Env = c.home, c.env
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	return out.String(), err
}

func TestGoFetchesAPrivateModule(t *testing.T) {
	const basic = "Basic YW5hOlRPS0VO" // ana:TOKEN
	asked := func(path, suspect string) string {
		return "asked for https://git.example.com/" + path + ", suspect " + suspect
	}
	for _, c := range []struct {
		name, targets, takes, challenge string
		requests                        []string
		first                           string // what was asked first with an address
		env                             string
	}{
		{name: "a fresh token goes with the first request",
			targets: "https://git.example.com", takes: "Bearer TOKEN",
			requests: []string{"OK Bearer TOKEN"}},
		{name: "a token that has to be refreshed comes after a 401",
			targets: "https://git.example.com stale=yes", takes: "Bearer TOKEN",
			requests: []string{"Unauthorized", "OK Bearer TOKEN"}, first: asked("team/mod", "")},
		{name: "a token that the server refuses is replaced",
			targets: "https://git.example.com", takes: "Bearer NEW",
			requests: []string{"Unauthorized Bearer TOKEN", "OK Bearer NEW"}, first: asked("team/mod", "f98103e9217f0992")},
		{name: "a target with a path",
			targets: "https://git.example.com/team", takes: "Bearer TOKEN",
			requests: []string{"OK Bearer TOKEN"}},
		{name: "scheme basic",
			targets: "https://git.example.com user=ana scheme=basic", takes: basic,
			requests: []string{"OK " + basic}},
		{name: "scheme auto, where Basic alone is offered",
			targets: "https://git.example.com user=ana stale=yes", takes: basic, challenge: `Basic realm="x"`,
			requests: []string{"Unauthorized", "OK " + basic}, first: asked("team/mod", "")},
		{name: "a module proxy",
			targets: "https://git.example.com/proxy", takes: "Bearer TOKEN", env: "GOPROXY=https://git.example.com/proxy",
			requests: []string{"OK Bearer TOKEN"}},
		{name: "a module proxy, port and all",
			targets: "https://git.example.com/proxy stale=yes", takes: "Bearer TOKEN", env: "GOPROXY=https://git.example.com:443/proxy",
			requests: []string{"Unauthorized", "OK Bearer TOKEN"}, first: asked("proxy/git.example.com/team/mod/@v/v1.0.0.info", "")},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newForge(t, c.takes)
			if c.challenge != "" {
				f.Challenge = c.challenge
			}
			client := newClient(t, f, strings.Replace(c.targets, " ", far+" ", 1)+far, c.env)
			if output, err := client.download(t, module+"@v1.0.0"); err != nil {
				t.Fatalf("%v\n%s", err, output)
			}
			if diff := cmp.Diff(c.requests, f.Requests()); diff != "" {
				t.Errorf("requests, -want +got:\n%s", diff)
			}
			log := append(helpertest.Log(t, client.log), "")
			if log[0] != c.first {
				t.Errorf("first call: got %q, want %q", log[0], c.first)
			}
		})
	}
}

// Where the target is the module's own path, go asks for it with a query behind it.
func TestGoFetchesTheTargetItself(t *testing.T) {
	f := newForge(t, "Bearer TOKEN")
	client := newClient(t, f, "https://git.example.com/team/mod stale=yes"+far)
	if output, err := client.download(t, module+"@v1.0.0"); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	if diff := cmp.Diff([]string{"Unauthorized", "OK Bearer TOKEN"}, f.Requests()); diff != "" {
		t.Errorf("requests, -want +got:\n%s", diff)
	}
}

// 1.3: other hosts and paths hear nothing, and go says so itself.
func TestGoElsewhere(t *testing.T) {
	for _, target := range []string{"https://example.com", "https://git.example.com:8443", "https://git.example.com/teams"} {
		f := newForge(t, "Bearer TOKEN")
		client := newClient(t, f, target+far)
		output, err := client.download(t, module+"@v1.0.0")
		if err == nil || !strings.Contains(output, "401 Unauthorized") || strings.Contains(output, "GOAUTH encountered errors") {
			t.Errorf("%s: %v\n%s", target, err, output)
		}
		if diff := cmp.Diff([]string{"Unauthorized"}, f.Requests()); diff != "" {
			t.Errorf("%s: requests, -want +got:\n%s", target, diff)
		}
	}
}

// P1: a failure is what go shows with -x.
func TestGoShowsTheFailure(t *testing.T) {
	f := newForge(t, "Bearer TOKEN")
	output, err := newClient(t, f, "https://git.example.com fails=login").download(t, module+"@v1.0.0")
	if err == nil || !strings.Contains(output, "no token\n\tmend work") {
		t.Errorf("%v\n%s", err, output)
	}
}
