package goauth

import (
	"archive/zip"
	"bytes"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/credential-idcs/credential-idcs/internal/helpertest"
)

// The tests of this file are the go command's: it fetches a private module over https, and starts
// this test binary as `credential-idcs goauth`.

func TestMain(m *testing.M) { helpertest.Main(m, Helper) }

// far is an expiry that no test reaches.
const far = " expiry=4102444800"

// A forge serves one module to who has its token: where it is (go-get=1), and then by the protocol
// of module proxies. Its certificate is for example.com and what is below.
type forge struct {
	*httptest.Server
	takes, challenge string
	module           string // git.example.com/team/mod
	mu               sync.Mutex
	got              []string // "STATUS Authorization" of each request
}

func newForge(t *testing.T, takes string) *forge {
	f := &forge{takes: takes, module: "git.example.com/team/mod", challenge: "Bearer"}
	f.Server = httptest.NewTLSServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *forge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	said := r.Header.Get("Authorization")
	status := http.StatusOK
	if said != f.takes {
		status = http.StatusUnauthorized
	}
	f.mu.Lock()
	f.got = append(f.got, strings.TrimSpace(http.StatusText(status)+" "+said))
	f.mu.Unlock()
	if status != http.StatusOK {
		w.Header().Set("WWW-Authenticate", f.challenge)
		w.WriteHeader(status)
		return
	}
	gomod := "module " + f.module + "\n\ngo 1.24\n"
	_, file, proxied := strings.Cut(r.URL.Path, f.module+"/@v/")
	switch {
	case r.URL.Query().Get("go-get") == "1":
		_, _ = io.WriteString(w, `<meta name="go-import" content="`+f.module+` mod https://`+f.module+`">`)
	case !proxied:
		w.WriteHeader(http.StatusNotFound)
	case file == "v1.0.0.info":
		_, _ = io.WriteString(w, `{"Version":"v1.0.0"}`)
	case file == "v1.0.0.mod":
		_, _ = io.WriteString(w, gomod)
	case file == "v1.0.0.zip":
		z := zip.NewWriter(w)
		entry, err := z.Create(f.module + "@v1.0.0/go.mod")
		if err == nil {
			_, _ = io.WriteString(entry, gomod)
		}
		_ = z.Close()
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// requests are what was said, without repetitions in a row.
func (f *forge) requests() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var l []string
	for _, s := range f.got {
		if len(l) == 0 || l[len(l)-1] != s {
			l = append(l, s)
		}
	}
	return l
}

// tunnel is a proxy that takes every host for the forge: names needn't resolve.
func tunnel(t *testing.T, f *forge) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		server, err := net.Dial("tcp", f.Listener.Addr().String())
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		client, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			_ = server.Close()
			return
		}
		_, _ = io.WriteString(client, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(server, client); _ = server.Close() }()
		go func() { _, _ = io.Copy(client, server); _ = client.Close() }()
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// A client is a go command with nothing of its own but GOAUTH.
type client struct {
	path, home, log string
	env             []string
}

func newClient(t *testing.T, f *forge, targets string, env ...string) *client {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the go command takes a test's certificate by SSL_CERT_FILE on linux")
	}
	home := t.TempDir()
	ca := filepath.Join(home, "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: f.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	c := &client{path: helpertest.Tool(t, "go"), home: home, log: filepath.Join(home, "log")}
	c.env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "SSL_CERT_FILE=" + ca, "HTTPS_PROXY=" + tunnel(t, f),
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
				f.challenge = c.challenge
			}
			client := newClient(t, f, strings.Replace(c.targets, " ", far+" ", 1)+far, c.env)
			if output, err := client.download(t, f.module+"@v1.0.0"); err != nil {
				t.Fatalf("%v\n%s", err, output)
			}
			if diff := cmp.Diff(c.requests, f.requests()); diff != "" {
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
	if output, err := client.download(t, f.module+"@v1.0.0"); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	if diff := cmp.Diff([]string{"Unauthorized", "OK Bearer TOKEN"}, f.requests()); diff != "" {
		t.Errorf("requests, -want +got:\n%s", diff)
	}
}

// 1.3: other hosts and paths hear nothing, and go says so itself.
func TestGoElsewhere(t *testing.T) {
	for _, target := range []string{"https://example.com", "https://git.example.com:8443", "https://git.example.com/teams"} {
		f := newForge(t, "Bearer TOKEN")
		client := newClient(t, f, target+far)
		output, err := client.download(t, f.module+"@v1.0.0")
		if err == nil || !strings.Contains(output, "401 Unauthorized") || strings.Contains(output, "GOAUTH encountered errors") {
			t.Errorf("%s: %v\n%s", target, err, output)
		}
		if diff := cmp.Diff([]string{"Unauthorized"}, f.requests()); diff != "" {
			t.Errorf("%s: requests, -want +got:\n%s", target, diff)
		}
	}
}

// P1: a failure is what go shows with -x.
func TestGoShowsTheFailure(t *testing.T) {
	f := newForge(t, "Bearer TOKEN")
	output, err := newClient(t, f, "https://git.example.com fails=login").download(t, f.module+"@v1.0.0")
	if err == nil || !strings.Contains(output, "login needed, the refresh token is spent\n\tcredential-idcs login work") {
		t.Errorf("%v\n%s", err, output)
	}
}
