package main

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/credential-idcs/credential-idcs/bench/lab"
)

// secret is what every peer's cache is given, and what it has to print.
const secret = "the-secret"

// later is when the peers' tokens expire.
var later = time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC).Format(time.RFC3339)

// A peer is another credential helper, ready to be asked.
type peer struct {
	what    string // its row: name and version
	did     string
	task    lab.Task
	missing string // why there is nothing to ask
}

// A maker prepares a peer in a home folder of its own. program is its path, from goInstall or PATH. close,
// if not nil, ends what the peer left running.
type maker struct {
	what   string
	module string // goInstall's; empty: on PATH
	binary string
	did    string
	make   func(home, program string) (task lab.Task, close func(), err error)
}

var makers = []maker{
	{"docker-credential-gcr 2.2.1", "github.com/GoogleCloudPlatform/docker-credential-gcr/v2@v2.2.1", "docker-credential-gcr", "answer", gcr},
	{"gke-gcloud-auth-plugin", "", "gke-gcloud-auth-plugin", "answer", gke},
	{"docker-credential-ecr-login 0.12.0", "github.com/awslabs/amazon-ecr-credential-helper/ecr-login/cli/docker-credential-ecr-login@v0.12.0", "docker-credential-ecr-login", "answer", ecr},
	{"aws-iam-authenticator 0.6.13", "sigs.k8s.io/aws-iam-authenticator/cmd/aws-iam-authenticator@v0.6.13", "aws-iam-authenticator", "signs one itself", iam},
	{"docker-credential-pass 0.9.12", "github.com/docker/docker-credential-helpers/pass/cmd@v0.9.12", "cmd", "answer, by pass and gpg", pass},
	{"git-credential-store", "", "git", "answer, in C", gitStore},
	{"git-credential-cache", "", "git", "answer of its daemon, in C", gitCache},
	{"a shell script with one jq", "", "jq", "answer", script},
}

// peers prepares those that can be had. The caller closes them.
func (b *bench) peers() (peers []peer, close func(), err error) {
	var closers []func()
	close = func() {
		for _, c := range closers {
			c()
		}
	}
	for _, m := range makers {
		p := peer{what: m.what, did: m.did}
		home, err := os.MkdirTemp(b.dir, "peer-")
		if err != nil {
			return nil, close, err
		}
		program, why := b.program(m, home)
		if why != "" {
			p.missing = why
			peers = append(peers, p)
			continue
		}
		if m.module == "" {
			if v := version([]string{program, "--version"}); v != "" {
				p.what += " " + v
			}
		}
		task, end, err := m.make(home, program)
		if end != nil {
			closers = append(closers, end)
		}
		task.Name = p.what
		task.Want = secret
		if m.did == "signs one itself" {
			task.Want = "k8s-aws-v1."
		}
		task.Env = append(task.Env, "HOME="+home)
		if err == nil {
			err = (&lab.Lab{Dir: home, Env: []string{"PATH=" + os.Getenv("PATH")}}).Check(task)
		}
		if err != nil {
			p.missing = "not measured: " + strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", " ")
		}
		p.task = task
		peers = append(peers, p)
	}
	return peers, close, nil
}

// program finds or installs a peer's program and copies it, unless it is the system's. why says that
// there is none.
func (b *bench) program(m maker, home string) (path, why string) {
	if m.module == "" {
		path, err := exec.LookPath(m.binary)
		if err != nil {
			return "", "not installed"
		}
		if m.binary != "gke-gcloud-auth-plugin" {
			return path, ""
		}
		copied := filepath.Join(home, m.binary)
		if err := lab.Copy(path, copied); err != nil {
			return "", err.Error()
		}
		return copied, ""
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err.Error()
	}
	folder := filepath.Join(cache, "credential-idcs-bench", strings.NewReplacer("/", "-", "@", "-").Replace(m.module))
	installed := filepath.Join(folder, m.binary)
	if _, err := os.Stat(installed); err != nil {
		if b.offline {
			return "", "not installed"
		}
		fmt.Fprintln(os.Stderr, "bench: installing", m.module)
		cmd := exec.Command("go", "install", "-trimpath", "-ldflags", "-s -w", m.module)
		cmd.Dir = home // not this module
		cmd.Env = append(os.Environ(), "GOBIN="+folder, "CGO_ENABLED=0", "GOFLAGS=")
		if out, err := cmd.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "bench: %s: %v\n%s", m.module, err, out)
			return "", "not installed"
		}
	}
	copied := filepath.Join(home, m.binary)
	if err := lab.Copy(installed, copied); err != nil {
		return "", err.Error()
	}
	return copied, ""
}

// files writes what a peer finds in its home.
func files(home string, content map[string]string) error {
	for name, text := range content {
		path := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func gcr(home, program string) (lab.Task, func(), error) {
	return lab.Task{
			Args: []string{program, "get"}, Stdin: "https://gcr.io\n",
			Env: []string{"DOCKER_CREDENTIAL_GCR_STORE=" + home + "/store.json"},
		}, nil, files(home, map[string]string{
			"store.json": fmt.Sprintf(`{"gcrCreds":{"access_token":%q,"refresh_token":"r","token_expiry":%q}}`, secret, later),
		})
}

func gke(home, program string) (lab.Task, func(), error) {
	return lab.Task{Args: []string{program}, Env: []string{"KUBECONFIG=" + home + "/.kube/config"}}, nil, files(home, map[string]string{
		".kube/config":                       "apiVersion: v1\nkind: Config\ncurrent-context: bench\n",
		".kube/gke_gcloud_auth_plugin_cache": fmt.Sprintf(`{"current_context":"bench","access_token":%q,"token_expiry":%q,"extra_args":""}`, secret, later),
	})
}

// aws are the variables without which the AWS programs look for an account on the network.
var aws = []string{"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=x", "AWS_EC2_METADATA_DISABLED=true"}

func ecr(home, program string) (lab.Task, func(), error) {
	const account = "123456789012"
	key := sha256.Sum256([]byte("AKIDEXAMPLE"))
	entry := fmt.Sprintf(`{"Version":"1.0","Registries":{"us-east-1-%s-%s":{"AuthorizationToken":%q,"RequestedAt":%q,"ExpiresAt":%q,"ProxyEndpoint":"https://%[2]s.dkr.ecr.us-east-1.amazonaws.com","Service":"ecr"}}}`,
		base64.StdEncoding.EncodeToString(key[:]), account, base64.StdEncoding.EncodeToString([]byte("AWS:"+secret)),
		time.Now().UTC().Format(time.RFC3339), later)
	return lab.Task{Args: []string{program, "get"}, Stdin: account + ".dkr.ecr.us-east-1.amazonaws.com\n", Env: aws}, nil,
		files(home, map[string]string{".ecr/cache.json": entry})
}

func iam(_, program string) (lab.Task, func(), error) {
	return lab.Task{Args: []string{program, "token", "-i", "bench"}, Env: aws}, nil, nil
}

func pass(home, program string) (lab.Task, func(), error) {
	for _, tool := range []string{"pass", "gpg", "gpgconf"} {
		if _, err := exec.LookPath(tool); err != nil {
			return lab.Task{}, nil, fmt.Errorf("%s is not installed", tool)
		}
	}
	// The path of the agent's socket may have little more than a hundred bytes.
	keys, err := os.MkdirTemp("", "gpg-")
	if err != nil {
		return lab.Task{}, nil, err
	}
	env := []string{"GNUPGHOME=" + keys, "PASSWORD_STORE_DIR=" + home + "/store"}
	command := func(stdin string, args ...string) error {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Env = append(append(os.Environ(), env...), "HOME="+home)
		cmd.Stdin = strings.NewReader(stdin)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", args[0], err, out)
		}
		return nil
	}
	close := func() {
		_ = command("", "gpgconf", "--kill", "all")
		_ = os.RemoveAll(keys)
	}
	for _, step := range []struct {
		stdin string
		args  []string
	}{
		{"", []string{"gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key", "bench@example.com", "default", "default", "never"}},
		{"", []string{"pass", "init", "bench@example.com"}},
		{fmt.Sprintf(`{"ServerURL":"https://registry.example.com","Username":"ana","Secret":%q}`, secret), []string{program, "store"}},
	} {
		if err := command(step.stdin, step.args...); err != nil {
			return lab.Task{}, close, err
		}
	}
	return lab.Task{Args: []string{program, "get"}, Stdin: "https://registry.example.com\n", Env: env}, close, nil
}

const gitRequest = "protocol=https\nhost=git.example.com\n\n"

// gitsOwn is one of git's own helpers, which lie among its commands.
func gitsOwn(git, name string) (string, error) {
	out, err := exec.Command(git, "--exec-path").Output()
	if err != nil {
		return "", err
	}
	return exec.LookPath(filepath.Join(strings.TrimSpace(string(out)), name))
}

func gitStore(home, git string) (lab.Task, func(), error) {
	program, err := gitsOwn(git, "git-credential-store")
	if err != nil {
		return lab.Task{}, nil, err
	}
	return lab.Task{Args: []string{program, "get"}, Stdin: gitRequest}, nil,
		files(home, map[string]string{".git-credentials": "https://ana:" + secret + "@git.example.com\n"})
}

func gitCache(home, git string) (lab.Task, func(), error) {
	program, err := gitsOwn(git, "git-credential-cache")
	if err != nil {
		return lab.Task{}, nil, err
	}
	socket := "--socket=" + filepath.Join(home, "socket")
	command := func(action, stdin string) error {
		cmd := exec.Command(program, socket, action)
		cmd.Env = append(os.Environ(), "HOME="+home)
		cmd.Stdin = strings.NewReader(stdin)
		return cmd.Run()
	}
	err = command("store", strings.TrimSuffix(gitRequest, "\n")+"username=ana\npassword="+secret+"\n\n")
	return lab.Task{Args: []string{program, socket, "get"}, Stdin: gitRequest}, func() { _ = command("exit", "") }, err
}

func script(home, jq string) (lab.Task, func(), error) {
	path := filepath.Join(home, "helper")
	text := "#!/bin/sh\ncat >/dev/null\nprintf 'password=%s\\n' \"$(" + jq + " -r .access_token token.json)\"\n"
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
		return lab.Task{}, nil, err
	}
	return lab.Task{Args: []string{"/bin/sh", "-c", "cd " + home + " && . ./helper"}, Stdin: gitRequest}, nil,
		files(home, map[string]string{"token.json": fmt.Sprintf(`{"access_token":%q}`, secret)})
}
