package doctor

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
	"github.com/credential-idcs/credential-idcs/helpers"
)

func certificateEnd(t *testing.T, b []byte) time.Time {
	t.Helper()
	block, _ := pem.Decode(b)
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return c.NotAfter
}

func anotherKey(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
}

// What isn't installed is no finding, and then nothing can be set up for a target either.
func TestToolThatIsNotInstalledIsNoFinding(t *testing.T) {
	w := newWard(t)
	w.file(".docker/config.json", "{")
	if report := w.lookAtTools(w.profile("https://git.example.com")); report != "" {
		t.Errorf("without tools:\n%s", report)
	}
}

// An empty value drops the helpers before it; what follows from a file with a wider URL gets our token.
func TestGitHelpersAreCollectedInFileOrder(t *testing.T) {
	w := newWard(t)
	if err := os.Symlink(need.Tool(t, "git"), filepath.Join(w.tools, "git")); err != nil {
		t.Fatal(err)
	}
	w.env["GIT_CONFIG_NOSYSTEM"] = "1"
	p := w.profile("https://git.example.com", "https://git.example.com:8443/team")

	w.file(".gitconfig", "[credential]\n\thelper = store\n[credential \"https://git.example.com\"]\n\thelper =\n\thelper = idcs\n")
	report := w.lookAtTools(p)
	has(t, report, "ok       git uses only credential-idcs for https://git.example.com\n",
		"error    git-credential-idcs is not on PATH", "\tln -s ",
		"warning  profile work: no tool is set up to use credential-idcs for https://git.example.com:8443/team\n")
	name := w.program("git-credential-idcs") // a copy, as people without links have it
	has(t, w.lookAtTools(p), "ok       git finds "+name)
	if err := os.WriteFile(name, []byte("#!/bin/sh\nexit 8\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	has(t, w.lookAtTools(p), "git-credential-idcs, which git runs, is not this program", "\tln -sf ")

	w.env["GIT_SSL_NO_VERIFY"] = ""
	w.file(".gitconfig", "[credential \"https://git.example.com\"]\n\thelper = idcs\n\tusername = eve\n[credential]\n\thelper = \"!echo hunter2\"\n"+
		"[http]\n\tsslVerify = false\n[credential \"https://git.example.com:8443\"]\n\thelper = idcs\n")
	report = w.lookAtTools(p)
	has(t, report, "another helper too: a shell command, set in "+w.home+"/.gitconfig\n\tcredential-idcs configure git --profile work\n",
		"error    git asks for https://git.example.com with the user name eve, and profile work answers as ana\n",
		"warning  git doesn't check who answers at https://git.example.com ",
		"warning  the variable GIT_SSL_NO_VERIFY is set: ", "\tunset GIT_SSL_NO_VERIFY\n",
		"error    git doesn't tell credential-idcs the path of https://git.example.com:8443/team,")
	lacks(t, report, "hunter2", "only credential-idcs", "no tool is set up")
}

func TestDockerAndPodmanFiles(t *testing.T) {
	need.Unix(t, "it has the paths, modes and commands of Unix")
	w := newWard(t)
	w.program("docker")
	w.program("podman")
	w.program("docker-credential-idcs")
	p := w.profile("https://a.example.com:5000", "https://b.example.com", "https://c.example.com", "https://d.example.com", "https://e.example.com")
	w.file(".docker/config.json", `{"credHelpers": {"a.example.com:5000": "idcs", "b.example.com": "idcs", "c.example.com": "pass", "D.example.com": "idcs"},
		"auths": {"a.example.com:5000": {}, "https://b.example.com": {"auth": "aHVudGVyMg=="}}}`)
	w.file(".config/containers/auth.json", `{"auths": {"a.example.com:5000": {"auth": "aHVudGVyMg=="}}, "credHelpers": {"e.example.com": "idcs"}}`)
	w.env["DOCKER_AUTH_CONFIG"] = `{"auths": {"a.example.com:5000": {"auth": "aHVudGVyMg=="}}}`
	report := w.lookAtTools(p)
	daemon := w.file("daemon.json", `{"insecure-registries": ["a.example.com:5000"]}`)
	has(t, w.lookAtTools(p), "warning  docker doesn't check who answers at a.example.com:5000 (insecure-registries in "+daemon+")")
	has(t, report,
		"ok       docker uses credential-idcs for a.example.com:5000\n",
		"warning  an old password for b.example.com is still in "+w.home+"/.docker/config.json\n\tdocker logout b.example.com\n",
		"warning  docker uses another helper for c.example.com: pass, ", "\tcredential-idcs configure docker --overwrite c.example.com --profile work\n",
		"warning  docker never looks up the key D.example.com of credHelpers ",
		"ok       podman uses credential-idcs for e.example.com\n",
		"warning  podman uses the password for a.example.com:5000 in "+w.home+"/.config/containers/auth.json before any helper\n"+
			"\tpodman logout --authfile "+w.home+"/.config/containers/auth.json a.example.com:5000\n",
		"warning  the variable DOCKER_AUTH_CONFIG holds a password for a.example.com:5000",
		"no tool is set up to use credential-idcs for https://c.example.com\n", "no tool is set up to use credential-idcs for https://d.example.com\n",
	)
	lacks(t, report, "aHVudGVyMg", "no tool is set up to use credential-idcs for https://e.example.com")

	w.file(".docker/config.json", `{"credsStore": "idcs"}`)
	report = w.lookAtTools(p)
	has(t, report,
		"warning  docker uses credential-idcs for every registry (credsStore in "+w.home+"/.docker/config.json), and so can't store a password for any other",
		"ok       docker uses credential-idcs for c.example.com\n", "ok       podman uses credential-idcs for e.example.com\n",
	)
	lacks(t, report, "podman uses credential-idcs for c.example.com")

	w.file(".docker/config.json", `{"auths": ["aHVudGVyMg=="]}`)
	report = w.lookAtTools(p)
	has(t, report, "error    "+w.home+"/.docker/config.json can't be read: the value is no object")
	lacks(t, report, "aHVudGVyMg")
}

// The real kubectl merges and prints what the users and clusters are.
func TestKubectlUsersAndClusters(t *testing.T) {
	w := newWard(t)
	if err := os.Symlink(need.Tool(t, "kubectl"), filepath.Join(w.tools, "kubectl")); err != nil {
		t.Fatal(err)
	}
	p := w.profile("https://k8s.example.com:6443", "https://insecure.example.com")
	w.env["KUBECONFIG"] = w.file("kube", `apiVersion: v1
kind: Config
clusters:
- {name: good, cluster: {server: "https://k8s.example.com:6443"}}
- {name: insecure, cluster: {server: "https://insecure.example.com", insecure-skip-tls-verify: true}}
- {name: other, cluster: {server: "https://ana:s3cret@evil.example.com/?token=s3cret"}}
users:
- {name: us, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: credential-idcs, args: [kubectl, --profile, work], interactiveMode: Never, provideClusterInfo: true}}}
- {name: blind, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: /nowhere/credential-idcs, args: [kubectl, --profile=work], interactiveMode: Never}}}
- {name: them, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: other-login, interactiveMode: Never}}}
- {name: home, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: credential-idcs, args: [kubectl, -p, home], interactiveMode: Never}}}
contexts:
- {name: good, context: {cluster: good, user: us}}
- {name: insecure, context: {cluster: insecure, user: us}}
- {name: swapped, context: {cluster: other, user: us}}
- {name: theirs, context: {cluster: other, user: them}}
`)
	report := w.lookAtTools(p)
	has(t, report,
		"ok       kubectl's context good uses credential-idcs for https://k8s.example.com:6443\n",
		"warning  kubectl's context insecure doesn't check who answers at its server (insecure-skip-tls-verify)",
		"\tkubectl config unset clusters.insecure.insecure-skip-tls-verify\n",
		"warning  kubectl's context swapped would send a token to …@evil.example.com/…, which is not a target of profile work\n",
		"warning  kubectl's user blind doesn't tell credential-idcs the server (provideClusterInfo)", "\tkubectl config set-credentials blind --exec-provide-cluster-info\n",
		"error    kubectl's user blind runs /nowhere/credential-idcs, which isn't there\n",
	)
	lacks(t, report, "theirs", "them", "user home", "no tool is set up")
}

// doctor finds what configure writes, and names what keeps the tool from using it.
func TestOtherToolsAreWhatConfigureMakesOfThem(t *testing.T) {
	need.Unix(t, "it has the paths, modes and commands of Unix")
	w := newWard(t)
	p := w.profile("https://git.example.com", "https://npm.example.com/team")
	for _, name := range []string{"go", "cargo", "terraform", "tofu", "pip", "pnpm", "bazel", "cargo-credential-idcs", "pnpm-token-idcs", "bazel-credential-idcs"} {
		w.program(name)
	}
	report := w.lookAtTools(p)
	has(t, report, "no tool is set up to use credential-idcs for https://git.example.com\n")
	lacks(t, report, "uses credential-idcs for all", "GOAUTH")

	w.unnamed = p.Name
	env := tool.Env{Vars: []string{"PATH=" + w.tools}, Home: w.home, Dir: w.home, Program: filepath.Join(w.tools, "credential-idcs")}
	in := tool.Request{Profile: p.Name, Default: p.Name}
	for i := range p.Targets {
		in.Targets = append(in.Targets, helpers.Listed{Target: p.Targets[i].Target})
	}
	for _, row := range tools.All {
		switch row.Name {
		case "git", "docker", "podman", "kubectl":
			continue
		}
		plan, err := row.Plan(t.Context(), env, in)
		if err == nil {
			err = plan.Apply()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	w.env["GOAUTH"] = "netrc"
	report = w.lookAtTools(p)
	has(t, report,
		"ok       go uses credential-idcs for all targets\n", "warning  go: the variable GOAUTH is set: ", "\tunset GOAUTH\n",
		"ok       cargo uses credential-idcs for all targets\n",
		"ok       terraform uses credential-idcs for all targets\n",
		"ok       tofu uses credential-idcs for all targets\n",
		"ok       pip uses credential-idcs for all targets\n", "warning  pip: pip finds us by the name keyring on PATH",
		"ok       pnpm uses credential-idcs for https://npm.example.com/team\n",
		"ok       bazel uses credential-idcs for https://git.example.com\n",
	)
	lacks(t, report, "no tool is set up", "left out", "names hosts only", "error")

	if err := os.Remove(filepath.Join(w.tools, "cargo-credential-idcs")); err != nil {
		t.Fatal(err)
	}
	w.file(".npmrc", "//git.example.com/:tokenHelper=/old/pnpm-token-idcs\n")
	w.unnamed = p.Name
	report = w.lookAtTools(p)
	has(t, report, "error    cargo: cargo-credential-idcs is not on PATH\n",
		"warning  pnpm is not set up for https://git.example.com as configure does it now\n\tcredential-idcs configure pnpm --profile work\n")
	w.unnamed = "home"
	has(t, w.lookAtTools(p), "error    pnpm: pnpm can't name a profile")
}

// What kuberc forbids is what the real kubectl doesn't run.
func TestKubercIsReadAsKubectlReadsIt(t *testing.T) {
	kubectl := need.Tool(t, "kubectl-1.37")
	w := newWard(t)
	if err := os.Symlink(kubectl, filepath.Join(w.tools, "kubectl")); err != nil {
		t.Fatal(err)
	}
	p := w.profile("https://k8s.example.com:6443")
	program := filepath.Join(w.tools, "credential-idcs")
	const policy = "apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\n"
	for _, command := range []string{"credential-idcs", program} {
		w.env["KUBECONFIG"] = w.file("kube", `apiVersion: v1
kind: Config
clusters:
- {name: c, cluster: {server: "https://k8s.example.com:6443"}}
users:
- {name: us, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: "`+command+`", interactiveMode: Never, provideClusterInfo: true}}}
contexts:
- {name: c, context: {cluster: c, user: us}}
current-context: c
`)
		for _, kuberc := range []string{
			"", "credentialPluginPolicy: AllowAll\n", "credentialPluginPolicy: DenyAll\n",
			"credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist:\n- command: other\n",
			"credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist:\n- command: other\n- command: credential-idcs\n",
			"credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist:\n- command: " + program + "\n",
			"credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist:\n- command: /elsewhere/credential-idcs\n",
		} {
			w.file(".kube/kuberc", policy+kuberc)
			cmd := exec.Command(kubectl, "get", "--raw", "/version")
			for name, value := range w.env {
				cmd.Env = append(cmd.Env, name+"="+value)
			}
			out, _ := cmd.CombinedOutput() // our stand-in fails, if it is run at all
			forbidden := strings.Contains(string(out), "not allowed") || strings.Contains(string(out), "not permitted")
			if report := w.lookAtTools(p); strings.Contains(report, "error    kubectl's user us runs "+command+", and "+w.home+"/.kube/kuberc") != forbidden {
				t.Errorf("command %s, kuberc\n%s\nkubectl: %s\ndoctor:\n%s", command, kuberc, out, report)
			}
		}
	}
}
