package targets

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

var program machine.Program

func TestMain(m *testing.M) { os.Exit(machine.Main(m, &program)) }

// listed are the profile's targets: each has spellings that must be served, and neighbours that must not.
var listed = []string{"git.example.com", "localhost", "xn--bcher-kva.example", "127.0.0.1", "[::1]", "[::1]:5000"}

// A protocol is how one client names a host. A call that can't be made (a NUL in an argument) is nil.
type protocol struct {
	name  string
	call  func(host string) *machine.Call
	takes func(host string) bool // whether this protocol knows the spelling at all; nil: all of them
}

func call(name, stdin string, args ...string) *machine.Call {
	for _, a := range args {
		if strings.Contains(a, "\x00") {
			return nil
		}
	}
	return &machine.Call{Name: name, Stdin: stdin, Args: args}
}

// object is a JSON object, with bytes that are no UTF-8 as they are: a client may not care.
func object(format, value string) string {
	b, _ := json.Marshal(value)
	s := string(b)
	if strings.Contains(value, "\xff") {
		s = `"` + value + `"`
	}
	return fmt.Sprintf(format, s)
}

var protocols = []protocol{
	{name: "git", call: func(h string) *machine.Call {
		return call("git-credential-idcs", "protocol=https\nhost="+h+"\n\n", "get")
	}, takes: oneLine},
	{name: "git, path", call: func(h string) *machine.Call {
		return call("git-credential-idcs", "protocol=https\nhost="+h+"\npath=team/app.git\n\n", "get")
	}, takes: oneLine},
	{name: "docker", call: func(h string) *machine.Call { return call("docker-credential-idcs", h, "get") }, takes: oneLine},
	{name: "docker, https", call: func(h string) *machine.Call { return call("docker-credential-idcs", "https://"+h+"/v2/", "get") }},
	{name: "kubectl", call: func(h string) *machine.Call {
		c := call("credential-idcs", "", "kubectl")
		c.Env = []string{"KUBERNETES_EXEC_INFO=" + object(`{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"interactive":false,"cluster":{"server":%s}}}`, "https://"+h)}
		return c
	}},
	{name: "goauth", call: func(h string) *machine.Call {
		return call("credential-idcs", "HTTP/1.1 404 Not Found\r\n\r\n", "goauth", "https://"+h+"/team/mod?go-get=1")
	}},
	{name: "bazel", call: func(h string) *machine.Call {
		return call("bazel-credential-idcs", object(`{"uri":%s}`, "https://"+h+"/archive.tar.gz"), "get")
	}},
	{name: "bazel, gRPC", call: func(h string) *machine.Call {
		return call("bazel-credential-idcs", object(`{"uri":%s}`, "grpcs://"+h), "get")
	}},
	{name: "cargo", call: func(h string) *machine.Call {
		return call("cargo-credential-idcs", object(`{"v":1,"kind":"get","operation":"read","registry":{"index-url":%s}}`, "sparse+https://"+h+"/index/")+"\n", "--cargo-plugin")
	}},
	{name: "terraform", call: func(h string) *machine.Call { return call("terraform-credentials-idcs", "", "get", h) }},
	{name: "kubelet", call: func(h string) *machine.Call {
		return call("credential-idcs", object(`{"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1","image":%s}`, h+"/team/app:1"), "kubelet")
	}, takes: func(h string) bool { return strings.ContainsAny(h, ".:") || h == "localhost" }}, // else it is a path at Docker Hub
	{name: "keyring", call: func(h string) *machine.Call { return call("keyring", "", "get", "https://"+h+"/simple/", "oauth2") }},
	{name: "keyring, host", call: func(h string) *machine.Call { return call("keyring", "", "get", h, "oauth2") }},
	{name: "keyring, uv", call: func(h string) *machine.Call { return call("keyring", "", "get", h, "--mode", "creds") }},
}

// oneLine: what ends in a line break is another line to these, not another host.
func oneLine(h string) bool { return !strings.HasSuffix(h, "\n") }

// spellings are those of hosts.txt, with their normal forms; "refused": of none.
func spellings(t *testing.T) map[string]string {
	t.Helper()
	b, err := os.ReadFile("../../helpers/testdata/hosts.txt")
	if err != nil {
		t.Fatal(err)
	}
	m := make(map[string]string)
	for line := range strings.Lines(string(b)) {
		if fields := strings.Split(strings.TrimSpace(line), "\t"); line[0] != '#' {
			spelling, err := strconv.Unquote(fields[0])
			if err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			m[spelling] = fields[1]
		}
	}
	return m
}

// S21, S24: S20 to S25: whatever the protocol, a spelling gets the token if it is one of a target's, and else not a
// byte of it.
func TestEverySpellingInEveryProtocol(t *testing.T) {
	if err := os.Symlink(machine.People, filepath.Join(string(program), "keyring")); err != nil { // a name that nothing installs
		t.Fatal(err)
	}
	m := machine.New(t, program, idcstest.Start(t, idcstest.Options{}), machine.Alone)
	toml, err := os.ReadFile(filepath.Join(m.Home, ".config/credential-idcs/config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	mine := make(map[string]bool)
	for _, h := range listed {
		mine[h] = true
	}
	m.Write("config.toml", strings.Replace(string(toml), `"https://`+machine.GitHost+`"`, `"https://`+strings.Join(listed, `", "https://`)+`"`, 1))
	m.Login()
	token := m.Stored().Access
	basic := base64.StdEncoding.EncodeToString([]byte("oauth2:" + token))

	all := spellings(t)
	type run struct {
		protocol protocol
		host     string
	}
	runs := make(chan run)
	var served, refused int
	var mu sync.Mutex
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for r := range runs {
				c := r.protocol.call(r.host)
				if c == nil {
					continue
				}
				got := m.Do(*c)
				has := strings.Contains(got.Stdout, token) || strings.Contains(got.Stdout, basic)
				want := mine[all[r.host]]
				if has != want {
					t.Errorf("%s, %q: a token %v, want %v; exit %d, stderr %q", r.protocol.name, r.host, has, want, got.Exit, got.Stderr)
				}
				if strings.Contains(got.Stderr, token) || got.Signal != 0 {
					t.Errorf("%s, %q: %s", r.protocol.name, r.host, got.Signal)
				}
				mu.Lock()
				if has {
					served++
				} else {
					refused++
				}
				mu.Unlock()
			}
		})
	}
	for host := range all {
		for _, p := range protocols {
			if p.takes == nil || p.takes(host) {
				runs <- run{p, host}
			}
		}
	}
	close(runs)
	workers.Wait()
	if served < 10*len(protocols) || refused < 100*len(protocols)-100 {
		t.Errorf("only %d calls were served and %d refused", served, refused)
	}
	if n := m.Domain.Counts().Requests; n > 1 { // the login
		t.Errorf("the domain heard of it: %d requests", n)
	}
}
