//go:build linux

package fleet

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/cluster"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/e2e/rig/servers"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// Real readers live through three renewals on the published Secrets alone: skopeo, crane and what a kubelet reads
// imagePullSecrets with on the one of type docker, git on the one of type basic-auth. Their servers take
// nothing but the domain's living tokens. Flux and Argo CD read the Secrets by their own code.
func testReaders(t *testing.T, api *cluster.Server) {
	for _, tool := range []string{"skopeo", "crane", "kubelet-pull-secrets", "flux-credentials"} {
		need.Tool(t, tool)
	}
	domain := idcstest.Start(t, idcstest.Options{AccessTTL: 30 * time.Second, Rotation: idcstest.StrictRevoke})
	cert, err := domain.CA.Issue("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	registry, err := servers.Registry(cert, domain.Access)
	if err != nil {
		t.Fatal(err)
	}
	git, err := servers.Git(t.Context(), cert, domain.Access, t.TempDir(), "Basic")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = registry.Close(), git.Close() })

	s := emptyStage(t, api, "readers")
	s.domain = domain
	const charts = "registry.example.com:5000" // Argo CD reads no address that is a number
	s.targets = fmt.Sprintf("%q, %q, %q", registry.URL, git.URL, "https://"+charts)
	s.configure("refresh_token",
		publishing(s.space("team-a"), "pull", "docker", fmt.Sprintf("targets = [%q]", registry.URL))+
			publishing(s.space("team-a"), "git", "basic-auth", fmt.Sprintf("targets = [%q]", git.URL))+
			publishing(s.space("argocd"), "git", "argocd", fmt.Sprintf("targets = [%q]", git.URL))+
			publishing(s.space("argocd"), "charts", "argocd-helm", fmt.Sprintf("targets = [%q]", "https://"+charts)))
	s.install("team-a", "argocd")
	s.replica("one", "", quick...)
	s.login()

	certs := t.TempDir()
	put(t, filepath.Join(certs, "ca.crt"), domain.CA.PEM())
	for generation := int64(1); generation <= 4; generation++ {
		s.grown(generation)
		s.until("the Secrets follow", func() bool {
			at := fmt.Sprint(s.state().Generation)
			for _, name := range []string{"team-a/pull", "team-a/git", "argocd/git", "argocd/charts"} {
				if s.secret(split(name)).Metadata.Annotations["credential-idcs/generation"] != at {
					return false
				}
			}
			return true
		})
		s.reads("Flux", "team-a", "secret/git", "flux-credentials", "git", git.URL+servers.Repository)
		s.reads("Flux", "team-a", "secret/pull", "flux-credentials", "oci", registry.Host+"/"+servers.Image)
		s.argocd(git.URL+servers.Repository, `"type":"git"`)
		s.argocd(charts+"/team", `"type":"helm"`)
		folder := t.TempDir()
		env := []string{"DOCKER_CONFIG=" + folder, "SSL_CERT_FILE=" + domain.CAFile}
		auth := filepath.Join(folder, "config.json")
		mounts := func() { put(t, auth, s.secret("team-a", "pull").Data[".dockerconfigjson"]) } // as the Secret is by now
		mounts()
		reads(t, env, "crane", "manifest", registry.Host+"/"+servers.Image)
		mounts()
		reads(t, nil, "skopeo", "inspect", "--raw", "--authfile", auth, "--cert-dir", certs, "docker://"+registry.Host+"/"+servers.Image)
		s.pulls(registry.Host + "/" + servers.Image)
		basic := s.secret("team-a", "git").Data
		store := filepath.Join(t.TempDir(), "credentials")
		put(t, store, fmt.Appendf(nil, "https://%s:%s@%s\n", basic["username"], basic["password"], git.Host))
		reads(t, nil, "git", "-c", "credential.helper=store --file="+store, "-c", "http.sslCAInfo="+domain.CAFile, "ls-remote", git.URL+servers.Repository)
	}
	for name, server := range map[string]*servers.Server{"registry": registry, "git server": git} {
		if n := server.Tally(); n.Refused != 0 || n.Accepted < 4 {
			t.Errorf("the %s has seen %+v", name, n)
		}
	}
}

// reads runs a reader, which must succeed.
func reads(t *testing.T, env []string, words ...string) {
	t.Helper()
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0"}
	cmd.Env = append(cmd.Env, env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", strings.Join(words[:2], " "), err, out)
	}
}

// reads asks somebody's own code what it would log in with, by the Secrets as they are: a living token.
func (s *stage) reads(who, ns, secrets string, command ...string) string {
	s.t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin = strings.NewReader(s.kubectl("", "-n", s.space(ns), "get", secrets, "-o", "json"))
	var problem strings.Builder
	cmd.Stderr = &problem
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("%s: %v\n%s", who, err, problem.String())
	}
	var login struct{ Username, Password string }
	if err := json.Unmarshal(out, &login); err != nil || login.Username != "oauth2" {
		s.t.Fatalf("%s: %v, user name %q", who, err, login.Username)
	}
	if _, err := s.domain.Access(login.Password); err != nil {
		s.t.Errorf("%s would use a token that the domain doesn't take: %v", who, err)
	}
	return string(out)
}

// argocd asks Argo CD's own code for the credentials of a repository. It compiles for minutes, so it is there in the
// weekly run only.
func (s *stage) argocd(url, has string) {
	s.t.Helper()
	if _, err := exec.LookPath("argocd-credentials"); err != nil {
		s.t.Log("argocd-credentials is missing: see argocd in .ci/tools")
		return
	}
	if out := s.reads("Argo CD", "argocd", "secrets", "argocd-credentials", url); !strings.Contains(out, has) {
		s.t.Errorf("Argo CD takes %s for another type, want %s", url, has)
	}
}

// pulls asks a kubelet's own code what it would pull an image with, by the Secret as it is.
func (s *stage) pulls(image string) {
	s.t.Helper()
	cmd := exec.Command("kubelet-pull-secrets", image)
	cmd.Stdin = strings.NewReader(s.kubectl("", "-n", s.space("team-a"), "get", "secret", "pull", "-o", "json"))
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("the kubelet: %v", err)
	}
	var logins []struct{ Username, Password string }
	if err := json.Unmarshal(out, &logins); err != nil || len(logins) != 1 || logins[0].Username != "oauth2" {
		s.t.Fatalf("the kubelet: %v, %d logins", err, len(logins))
	}
	if _, err := s.domain.Access(logins[0].Password); err != nil {
		s.t.Errorf("the kubelet would pull with a token that the domain doesn't know: %v", err)
	}
}

func put(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
