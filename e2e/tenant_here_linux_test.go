package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/e2e/rig/servers"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// TestTenant works: here it is pointed at a strict domain by the same environment. Each kind of client
// and of login that needs no browser is one.
func TestTenantHere(t *testing.T) {
	need.Tool(t, "git")
	need.Tool(t, "docker")
	need.Tool(t, "kubectl")
	program := build(t) // once, and with Go's caches, which lie in the real home
	for name, set := range map[string]func(*domain) string{
		"refresh token, secret": func(d *domain) string {
			d.put(envRefresh, "tokens.tok", d.NewLogin(d.SecretClient.ID, scope+" offline_access")+"\n")
			d.file("client.secret", d.SecretClient.Secret)
			return d.profile(d.SecretClient, "refresh_token") + "[profiles.tried.client]\nsecret_file = \"client.secret\"\n"
		},
		"password, secret": func(d *domain) string {
			d.put(envPassword, "password", d.User.Password+"\n")
			d.Setenv("SECRET_OF_TENANT", d.SecretClient.Secret)
			return d.profile(d.SecretClient, "password") + "[profiles.tried.client]\nsecret_env = \"SECRET_OF_TENANT\"\n"
		},
		"refresh token, public": func(d *domain) string {
			d.put(envRefresh, "tokens.tok", d.NewLogin(d.PublicClient.ID, scope+" offline_access")+"\n")
			return d.profile(d.PublicClient, "refresh_token")
		},
		"assertion, key": func(d *domain) string {
			d.file("key.pem", string(d.KeyClient.Key.KeyPEM()))
			return d.profile(d.KeyClient, "assertion") + d.key() + fmt.Sprintf("[profiles.tried.user]\nsubject = %q\n", d.User.Name)
		},
		"client credentials, key": func(d *domain) string {
			d.file("key.pem", string(d.KeyClient.Key.KeyPEM()))
			return d.profile(d.KeyClient, "client_credentials") + d.key()
		},
	} {
		for _, reuse := range []string{"", "1"} {
			if reuse == "1" && strings.HasPrefix(name, "client credentials") {
				continue
			}
			t.Run(strings.TrimSuffix(name+" reuse "+reuse, " reuse "), func(t *testing.T) {
				rotation := idcstest.Strict
				if reuse == "1" {
					rotation = idcstest.StrictRevoke // the worst that a domain can do
				}
				d := found(t, rotation)
				t.Setenv(envReuse, reuse)
				d.put(envConfig, "config.toml", set(d))
				keepPromises(t, program, d.AllowReplay)
				d.heard(name, reuse == "1")
			})
		}
	}
}

const scope = "urn:opc:idm:__myscopes__"

// A domain has a git server, a registry and an API server that take its tokens.
type domain struct {
	*testing.T
	*idcstest.Server
	folder   string
	git      *servers.Server
	registry *servers.Server
	api      *servers.Server
}

// found starts all of it and names it to TestTenant.
func found(t *testing.T, rotation idcstest.Rotation) *domain {
	d := &domain{T: t, Server: idcstest.Start(t, idcstest.Options{Rotation: rotation}), folder: t.TempDir()}
	cert, err := d.CA.Issue("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	if d.git, err = servers.Git(t.Context(), cert, d.Access, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.git.Close() })
	if d.registry, err = servers.Registry(cert, d.Access); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.registry.Close() })
	if d.api, err = servers.API(cert, d.Access); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.api.Close() })

	for _, name := range []string{envConfig, envPassword, envRefresh} {
		t.Setenv(name, "") // a reader's own
	}
	t.Setenv(envProfile, "tried")
	t.Setenv(envGit, d.git.URL+servers.Repository)
	t.Setenv(envImage, d.registry.Host+"/"+servers.Image)
	t.Setenv(envCluster, kubeconfig(t, d.api.URL, d.CAFile))
	t.Setenv("HOME", t.TempDir())
	t.Setenv("GIT_SSL_CAINFO", d.CAFile)
	t.Setenv("SSL_CERT_FILE", d.CAFile)
	return d
}

// kubeconfig is a file whose context is at the server, with a user of another login.
func kubeconfig(t *testing.T, server, ca string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, fmt.Appendf(nil, `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: %q, certificate-authority: %q}}]
users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: "false", interactiveMode: Never}}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
current-context: c
`, server, ca), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (d *domain) file(name, content string) string {
	path := filepath.Join(d.folder, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		d.Fatal(err)
	}
	return path
}

// put writes a file and names it in a variable.
func (d *domain) put(env, name, content string) { d.Setenv(env, d.file(name, content)) }

func (d *domain) profile(c idcstest.Client, login string) string {
	return fmt.Sprintf("[profiles.other]\ndomain = \"https://other.example.com\"\nclient_id = \"x\"\nlogin = \"device\"\nscope = \"x\"\ntargets = [\"https://other.example.com\"]\n"+
		"[profiles.tried]\ndomain = %q\nca_file = %q\nclient_id = %q\nlogin = %q\nscope = %q\nusername = %q\ntargets = [%q, %q, %q]\n",
		d.URL(), d.CAFile, c.ID, login, scope, d.User.Name, d.git.URL, d.registry.URL, d.api.URL)
}

func (d *domain) key() string {
	return fmt.Sprintf("[profiles.tried.client]\nkey_file = \"key.pem\"\nkey_id = %q\n", d.KeyClient.Key.Alias)
}

// heard holds the domain's own counters to what the test claims to have done.
func (d *domain) heard(name string, reuse bool) {
	d.Helper()
	posts := d.Counts().Posts
	switch {
	case strings.HasPrefix(name, "client credentials"):
		if posts[idcstest.ClientCredentials] != 4 || posts[idcstest.Refresh] != 0 {
			d.Errorf("the domain heard %v", posts)
		}
		return
	case posts[idcstest.Refresh] < 6 || !reuse && posts["revoke"] != 1:
		d.Errorf("the domain heard %v", posts)
	}
}
