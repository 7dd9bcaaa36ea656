package kubectl

import (
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/credential-idcs/credential-idcs/internal/helpertest"
)

// The tests of this file are client-go's: its exec authenticator starts this test binary as the
// helper, and speaks to an API server that demands the token.

func TestMain(m *testing.M) { helpertest.Main(m, Helper) }

// far is an expiry that client-go doesn't reach.
const far = " expiry=4102444800"

// An apiServer answers what carries the token that it takes.
type apiServer struct {
	*httptest.Server
	mu    sync.Mutex
	takes string
	got   []string // Authorization headers
}

func newAPIServer(t *testing.T, takes string) *apiServer {
	s := &apiServer{takes: takes}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.got = append(s.got, r.Header.Get("Authorization"))
		if r.Header.Get("Authorization") != "Bearer "+s.takes {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *apiServer) headers() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.got...)
}

// A plugin is how a kubeconfig names this test binary.
type plugin struct {
	targets, runtime, log string
	version               string
	args                  []string
	config                string // the cluster's extension, JSON
}

func newPlugin(t *testing.T, targets string) *plugin {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return &plugin{targets: targets, runtime: dir, log: filepath.Join(dir, "log"), version: v1}
}

// client is client-go's, for one server.
func (p *plugin) client(t *testing.T, s *apiServer) *http.Client {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	exec := &clientcmdapi.ExecConfig{
		Command: exe, Args: p.args, APIVersion: p.version,
		InteractiveMode: clientcmdapi.NeverExecInteractiveMode, ProvideClusterInfo: true,
		Env: []clientcmdapi.ExecEnvVar{
			{Name: helpertest.EnvTargets, Value: p.targets},
			{Name: helpertest.EnvLog, Value: p.log},
			{Name: "XDG_RUNTIME_DIR", Value: p.runtime},
		},
	}
	if p.config != "" {
		exec.Config = &runtime.Unknown{Raw: []byte(p.config), ContentType: runtime.ContentTypeJSON}
	}
	client, err := rest.HTTPClientFor(&rest.Config{
		Host:            s.URL,
		TLSClientConfig: rest.TLSClientConfig{CAData: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})},
		ExecProvider:    exec,
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func request(t *testing.T, c *http.Client, url string) int {
	t.Helper()
	resp, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	return resp.StatusCode
}

func TestClientGoTakesTheAnswer(t *testing.T) {
	for _, version := range []string{v1, v1beta1} {
		for _, config := range []string{"", `{"token":"access"}`} {
			s := newAPIServer(t, "ACCESS")
			p := newPlugin(t, s.URL+" token=ACCESS id=IDTOKEN"+far)
			p.version, p.config = version, config
			client := p.client(t, s)
			for range 3 {
				if got := request(t, client, s.URL); got != http.StatusOK {
					t.Errorf("%s: status %d", version, got)
				}
			}
			want := []string{"asked for " + s.URL + ", suspect "}
			if diff := cmp.Diff(want, helpertest.Log(t, p.log)); diff != "" { // the expiry is kept
				t.Errorf("%s: calls, -want +got:\n%s", version, diff)
			}
		}
	}
}

// K4.
func TestClusterExtensionChoosesTheIDToken(t *testing.T) {
	s := newAPIServer(t, "IDTOKEN")
	p := newPlugin(t, s.URL+" token=ACCESS id=IDTOKEN"+far)
	p.config = `{"token":"id"}`
	if got := request(t, p.client(t, s), s.URL); got != http.StatusOK {
		t.Errorf("status %d", got)
	}
}

// K5.
func TestPastExpiryAsksForEachRequest(t *testing.T) {
	s := newAPIServer(t, "ACCESS")
	p := newPlugin(t, s.URL+" token=ACCESS expiry=1000000000")
	p.runtime = "" // else the second call would be a hint
	client := p.client(t, s)
	for range 2 {
		request(t, client, s.URL)
	}
	if got := len(helpertest.Log(t, p.log)); got != 2 {
		t.Errorf("got %d calls, want 2", got)
	}
}

// K7, S15: another server hears nothing.
func TestWrongServerHearsNothing(t *testing.T) {
	listed, other := newAPIServer(t, "ACCESS"), newAPIServer(t, "ACCESS")
	p := newPlugin(t, "default work\n"+listed.URL+" token=ACCESS"+far)
	resp, err := p.client(t, other).Get(other.URL)
	if err == nil {
		_ = resp.Body.Close()
		t.Fatalf("status %d", resp.StatusCode)
	}
	if !strings.Contains(err.Error(), "failed with exit code 5") {
		t.Errorf("got %v", err)
	}
	if got := other.headers(); len(got) != 0 {
		t.Errorf("the server got %q", got)
	}
}

// 4.3: a token that a server refuses is replaced at the next call, and the next request works.
func TestRefusedTokenIsReplaced(t *testing.T) {
	needUnix(t)
	s := newAPIServer(t, "NEW")
	p := newPlugin(t, s.URL+" token=OLD"+far)
	client := p.client(t, s)
	if got := request(t, client, s.URL); got != http.StatusUnauthorized {
		t.Errorf("first request: status %d", got)
	}
	if got := request(t, client, s.URL); got != http.StatusOK {
		t.Errorf("second request: status %d", got)
	}
	if diff := cmp.Diff([]string{"Bearer OLD", "Bearer NEW"}, s.headers()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// 4.3, K14: no hint, no harm: the helper runs again and says the same.
func TestRefusedTokenWithoutRuntimeFolder(t *testing.T) {
	s := newAPIServer(t, "NEW")
	p := newPlugin(t, s.URL+" token=OLD"+far)
	p.runtime = ""
	client := p.client(t, s)
	for range 2 {
		if got := request(t, client, s.URL); got != http.StatusUnauthorized {
			t.Errorf("status %d", got)
		}
	}
	for _, line := range helpertest.Log(t, p.log) {
		if line != "asked for "+s.URL+", suspect " {
			t.Errorf("call: %s", line)
		}
	}
}

// K14: two servers of one profile, from one parent, are two questions.
func TestTwoServersAreNoHint(t *testing.T) {
	one, two := newAPIServer(t, "ACCESS"), newAPIServer(t, "ACCESS")
	p := newPlugin(t, one.URL+" token=ACCESS"+far+"\n"+two.URL+" token=ACCESS"+far)
	for _, s := range []*apiServer{one, two} {
		if got := request(t, p.client(t, s), s.URL); got != http.StatusOK {
			t.Errorf("status %d", got)
		}
	}
	want := []string{"asked for " + one.URL + ", suspect ", "asked for " + two.URL + ", suspect "}
	if diff := cmp.Diff(want, helpertest.Log(t, p.log)); diff != "" {
		t.Errorf("calls, -want +got:\n%s", diff)
	}
}

// C7: a failure is no answer, and client-go keeps none.
func TestLoginNeeded(t *testing.T) {
	s := newAPIServer(t, "ACCESS")
	p := newPlugin(t, s.URL+" fails=login")
	_, err := p.client(t, s).Get(s.URL)
	if err == nil || !strings.Contains(err.Error(), "failed with exit code 3") {
		t.Errorf("got %v", err)
	}
	if got := s.headers(); len(got) != 0 {
		t.Errorf("the server got %q", got)
	}
}
