package cargo

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/credential-idcs/credential-idcs/internal/helpertest"
)

// The tests of this file are cargo's: it takes a crate from a registry that demands the token, and
// starts this test binary as its credential provider.

func TestMain(m *testing.M) { helpertest.Main(m, Helper) }

// far is an expiry that no test reaches.
const far = " expiry=4102444800"

// newRegistry serves one crate.
func newRegistry(t *testing.T, takes string) *helpertest.Server {
	t.Helper()
	files := helpertest.Files{}
	s := helpertest.NewServer(t, takes, files)
	maps.Copy(files, helpertest.Crate(t, s.URL))
	s.Challenge = `Cargo login_url="` + s.URL + `/me"`
	return s
}

// A client is a cargo with a project that needs the crate.
type client struct {
	path, home, log string
	env             []string
}

func newClient(t *testing.T, s *helpertest.Server, targets, provider string) *client {
	t.Helper()
	home := t.TempDir()
	c := &client{path: helpertest.Tool(t, "cargo"), home: home, log: filepath.Join(home, "log")}
	c.write(t, "cargo/config.toml", "[registries.private]\nindex = \"sparse+"+s.URL+"/index/\"\n"+provider)
	c.write(t, "Cargo.toml", "[package]\nname = \"top\"\nversion = \"1.0.0\"\nedition = \"2021\"\n[dependencies]\ndep = { version = \"1\", registry = \"private\" }\n")
	c.write(t, "src/lib.rs", "")
	rustup := os.Getenv("RUSTUP_HOME") // where the real cargo is, if the one on PATH is rustup's
	if dir, err := os.UserHomeDir(); rustup == "" && err == nil {
		rustup = filepath.Join(dir, ".rustup")
	}
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "CARGO_") && !strings.HasPrefix(e, "HOME=") {
			c.env = append(c.env, e)
		}
	}
	c.env = append(c.env, "HOME="+home, "RUSTUP_HOME="+rustup, "CARGO_HOME="+filepath.Join(home, "cargo"),
		"CARGO_HTTP_CAINFO="+s.CAFile(t), "CARGO_TERM_COLOR=never", "CARGO_NET_RETRY=0",
		helpertest.EnvTargets+"="+targets, helpertest.EnvLog+"="+c.log)
	return c
}

func (c *client) write(t *testing.T, name, content string) {
	t.Helper()
	path := filepath.Join(c.home, name)
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = os.WriteFile(path, []byte(content), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (c *client) run(t *testing.T, stdin string, args ...string) (output string, err error) {
	t.Helper()
	cmd := exec.Command(c.path, args...)
	cmd.Dir, cmd.Env, cmd.Stdin = c.home, c.env, strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func provider(t *testing.T, name string) string {
	return "credential-provider = ['" + helpertest.Link(t, name) + "']\n"
}

func TestCargoFetchesACrate(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"credential-idcs", "cargo-credential-idcs"} {
		s := newRegistry(t, "Bearer TOKEN")
		c := newClient(t, s, s.URL+"/index"+far, provider(t, name))
		if output, err := c.run(t, "", "fetch"); err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		if diff := cmp.Diff([]string{"Unauthorized", "OK Bearer TOKEN"}, s.Requests()); diff != "" {
			t.Errorf("requests, -want +got:\n%s", diff)
		}
		// operation_independent, cache: all that one command does takes one question
		if diff := cmp.Diff([]string{"asked for " + s.URL + "/index, suspect "}, helpertest.Log(t, c.log)); diff != "" {
			t.Errorf("calls, -want +got:\n%s", diff)
		}
	}
}

func TestCargoYanks(t *testing.T) {
	t.Parallel()
	s := newRegistry(t, "Bearer TOKEN")
	c := newClient(t, s, s.URL+far, provider(t, "credential-idcs"))
	if output, err := c.run(t, "", "yank", "dep@1.0.0", "--registry", "private"); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}

// url-not-supported: cargo asks its next provider, here its own.
func TestCargoAsksTheNext(t *testing.T) {
	t.Parallel()
	s := newRegistry(t, "OTHER")
	c := newClient(t, s, "https://other.example.com"+far, "[registry]\nglobal-credential-providers = ['cargo:token', '"+helpertest.Link(t, "credential-idcs")+"']\n")
	c.write(t, "cargo/credentials.toml", "[registries.private]\ntoken = \"OTHER\"\n")
	if output, err := c.run(t, "", "fetch"); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	if diff := cmp.Diff([]string{"Unauthorized", "OK OTHER"}, s.Requests()); diff != "" {
		t.Errorf("requests, -want +got:\n%s", diff)
	}
}

// A failure's words reach the person, and cargo goes no further.
func TestCargoShowsTheFailure(t *testing.T) {
	t.Parallel()
	s := newRegistry(t, "Bearer TOKEN")
	c := newClient(t, s, s.URL+" fails=login", provider(t, "credential-idcs"))
	output, err := c.run(t, "", "fetch")
	if err == nil || !strings.Contains(output, "no token; run: mend work") {
		t.Errorf("%v\n%s", err, output)
	}
	if diff := cmp.Diff([]string{"Unauthorized"}, s.Requests()); diff != "" {
		t.Errorf("requests, -want +got:\n%s", diff)
	}
}

// login and logout fail, as nothing is kept and nothing forgotten.
func TestCargoLoginAndLogout(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"login", "--registry", "private"}, {"logout", "--registry", "private"}} {
		s := newRegistry(t, "Bearer TOKEN")
		c := newClient(t, s, s.URL+far, provider(t, "credential-idcs"))
		output, err := c.run(t, "typed\n", args...)
		if err == nil || !strings.Contains(output, "requested operation not supported") {
			t.Errorf("%s: %v\n%s", args[0], err, output)
		}
		if _, err := os.Stat(filepath.Join(c.home, "cargo", "credentials.toml")); err == nil {
			t.Errorf("%s: a file was written", args[0])
		}
	}
}
