package canary

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
	"github.com/credential-idcs/credential-idcs/idcs/idcstest"
)

// elsewhere is a secret that other tools keep in their own files, which doctor and configure read.
const elsewhere = "elsewhere-7c1f0e9d8b6a5f43-<&>"

// freeAddress is one that a login can listen at.
func freeAddress(t *testing.T) string {
	t.Helper()
	port, err := idcstest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", port)
}

// others writes the files of other tools, each with a secret in it.
func (r *room) others() {
	for name, content := range map[string]string{
		".gitconfig": "[credential \"https://key.example.com\"]\n\thelper = \"!echo password=" + elsewhere + "\"\n" +
			"[http \"https://key.example.com\"]\n\textraHeader = \"Authorization: " + elsewhere + "\"\n",
		".docker/config.json": `{"auths":{"key.example.com":{"auth":"` + elsewhere + `"}},"HttpHeaders":{"X":"` + elsewhere + `"}}`,
		".kube/config": "apiVersion: v1\nkind: Config\nusers:\n- name: other\n  user:\n    token: " + elsewhere + "\n" +
			"- name: ours\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1\n      command: credential-idcs\n      args: [kubectl, --profile, key]\n      interactiveMode: Never\n" +
			"clusters:\n- name: c\n  cluster:\n    server: https://u:" + elsewhere + "@other.example.com/?t=" + elsewhere + "\n" +
			"contexts:\n- name: c\n  context: {cluster: c, user: ours}\ncurrent-context: c\n",
		".npmrc":               "//key.example.com/:_authToken=" + elsewhere + "\n",
		".cargo/config.toml":   "[registries.x]\nindex = \"sparse+https://key.example.com/\"\ntoken = \"" + elsewhere + "\"\n",
		".terraformrc":         "credentials \"key.example.com\" {\n  token = \"" + elsewhere + "\"\n}\n",
		".config/pip/pip.conf": "[global]\nindex-url = https://u:" + elsewhere + "@key.example.com/simple/\n",
	} {
		path := filepath.Join(r.Home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			r.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			r.t.Fatal(err)
		}
		r.placed[path] = true
	}
}

// browser is a command that keeps the address which it is given, and what else it got, and stays until
// its pipe is opened.
func (r *room) browser() string {
	path := filepath.Join(r.Home, "browser")
	if err := syscall.Mkfifo(path+".pipe", 0o600); err != nil {
		r.t.Fatal(err)
	}
	script := "#!/bin/sh\nenv > " + r.Home + "/environment-of-the-browser\nprintf %s \"$1\" > " + r.Home + "/address.new\nmv " +
		r.Home + "/address.new " + r.Home + "/address\nread x <" + path + ".pipe\n"
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		r.t.Fatal(err)
	}
	return path
}

// visit is a login in a browser, which first comes with other people's answers.
func (r *room) visit() {
	p := r.Start(machine.Call{Name: machine.People, Args: []string{"login", "browser"}})
	var address []byte
	for deadline := time.Now().Add(20 * time.Second); len(address) == 0 || !r.watch.saw("sh"); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatalf("no browser was opened, or it wasn't seen: %s", p.Kill())
		}
		address, _ = os.ReadFile(filepath.Join(r.Home, "address"))
	}
	pipe, err := os.OpenFile(filepath.Join(r.Home, "browser.pipe"), os.O_WRONLY, 0)
	if err != nil {
		r.t.Fatal(err)
	}
	_ = pipe.Close()
	if err := os.Remove(pipe.Name()); err != nil {
		r.t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: r.Domain.CA.Pool()}}}
	get := func(address string) {
		resp, err := client.Get(address)
		if err != nil {
			r.t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			r.t.Fatal(err)
		}
		head := new(strings.Builder)
		if err := resp.Header.Write(head); err != nil {
			r.t.Fatal(err)
		}
		r.said = append(r.said, saying{"page of the login", head.String() + string(b), false})
	}
	back := r.redirect()
	get(back)
	get(back + "?state=wrong&code=" + strings.Repeat("x", 43))
	get(string(address))
	r.end(0, false, p)
}

// redirect is where the browser profile's logins come back to.
func (r *room) redirect() string {
	b, err := os.ReadFile(filepath.Join(r.Home, ".config/credential-idcs/config.toml"))
	if err != nil {
		r.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), `redirect_url = "`)
	address, _, _ := strings.Cut(rest, `"`)
	return address
}

// relatives are the helpers of all other tools: asked for a target, for none, and for what they don't do.
func (r *room) relatives() {
	const people = machine.People
	r.call(0, true, people, "", "kubectl", "--profile", "browser")
	r.call(0, true, people, "", "google", "--profile", "browser")
	r.call(0, true, people, "", "token", "browser", "--id-token", "--json")
	r.call(0, true, people, "", "goauth")
	r.call(0, true, people, "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\r\n", "goauth", "https://key.example.com/mod?go-get=1")
	r.call(0, false, people, "", "goauth", "https://u:typed@other.example.com/mod")
	r.call(0, true, "bazel-credential-idcs", `{"uri":"https://key.example.com/x"}`, "get")
	r.call(1, false, "bazel-credential-idcs", `{"uri":"https://u:`+elsewhere+`@key.example.com/x?t=`+elsewhere+`"}`, "get")
	r.call(0, true, "cargo-credential-idcs", `{"v":1,"kind":"get","operation":"read","registry":{"index-url":"sparse+https://key.example.com/"}}`+"\n", "--cargo-plugin")
	r.call(0, false, "cargo-credential-idcs", `{"v":1,"kind":"login","token":"`+elsewhere+`","registry":{"index-url":"sparse+https://key.example.com/"}}`+"\n", "--cargo-plugin")
	r.call(0, true, "terraform-credentials-idcs", "", "get", "key.example.com")
	r.call(1, false, "terraform-credentials-idcs", `{"token":"`+elsewhere+`"}`, "store", "key.example.com")
	r.call(1, false, "terraform-credentials-idcs", "", "forget", "key.example.com")
	request := func(image, token string) string {
		return `{"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1","image":"` + image + `","serviceAccountToken":"` + token + `"}`
	}
	r.call(0, true, people, request("key.example.com/app", ""), "kubelet")
	r.call(1, false, people, request("key.example.com/app", elsewhere), "kubelet")
	r.call(5, false, people, request("file.example.com/app", ""), "kubelet")
	r.call(0, true, "keyring", "", "get", "https://key.example.com/simple/", "oauth2")
	r.call(1, false, "keyring", elsewhere+"\n", "set", "https://key.example.com/simple/", "oauth2")
	r.call(0, true, "pnpm-token-idcs", "", "--profile", "key")
}

// tools are the commands that read other tools' files.
func (r *room) tools() {
	said := func(args ...string) {
		p := r.Start(machine.Call{Name: machine.People, Args: args}).Wait()
		r.said = append(r.said, saying{strings.Join(args, " "), p.Stdout + p.Stderr, false})
	}
	said("doctor", "--offline")
	for _, name := range []string{"key", "file", "variable", "command", "browser"} {
		said("doctor", name)
	}
	for _, tool := range []string{"git", "docker", "podman", "kubectl", "go", "cargo", "terraform", "tofu", "pip", "pnpm", "bazel"} {
		said("configure", tool, "--profile", "variable", "--dry-run")
		said("configure", tool, "--profile", "key", "--overwrite")
		said("configure", tool, "--profile", "key")
		said("unconfigure", tool, "--profile", "key")
	}
	r.call(0, false, machine.People, "", "init", "another", "--login", "client_credentials", "--domain", r.Domain.URL(),
		"--client-id", r.Domain.SecretClient.ID, "--secret-file", "client.secret", "--ca-file", r.Domain.CAFile, "--target", "https://another.example.com")
	r.call(0, true, machine.People, "", "token", "another")
	said("completion", "bash")
	said("complete", "--word=")
}
