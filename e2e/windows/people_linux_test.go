package windows

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/machine"
)

// Variables are found however their names are written, and hidden so from another profile's command.
func TestVariablesAreFoundInAnyCase(t *testing.T) {
	m := newMachine(t, machine.Person)
	m.Profile.Proof = "secret_env = \"Idcs_Secret\"\n"
	m.Configure()
	call := m.LoginCall()
	if r := m.Do(call.With("IDCS_SECRET=" + m.Domain.SecretClient.Secret)); r.Exit != 0 {
		t.Errorf("%s", r)
	}
	if r := m.Do(machine.Refresh); r.Exit != 5 || !strings.Contains(r.Stderr, "Idcs_Secret") {
		t.Errorf("without the variable: %s", r)
	}
	m.Profile.Tables = "[profiles.other]\ndomain = \"" + m.Domain.URL() + "\"\nca_file = \"" + m.Profile.CAFile + "\"\nclient_id = \"c\"\nlogin = \"client_credentials\"\nscope = \"s\"\n" +
		"[profiles.other.client]\nsecret_command = ['C:\\windows\\system32\\cmd.exe', '/c', 'if defined IDCS_SECRET exit 7']\n"
	m.Configure()
	r := m.Do(machine.Call{Name: machine.People, Args: []string{"token", "other"}, Env: []string{"IDCS_SECRET=x"}})
	if r.Exit == 0 || strings.Contains(r.Stderr, "exit status 7") {
		t.Errorf("the other profile's command has the secret: %s", r)
	}
}

// A toolFile is what configure edits for a tool.
type toolFile struct {
	tool, variable, file, before, has string
	link                              string // another name of the program that it makes; empty: none
}

// configured runs configure for each tool, twice, then doctor, and takes all of it away again.
func configured(t *testing.T, m *machine.Machine, list []toolFile) {
	bin := filepath.Join(m.Home, "tools") // doctor looks at what is installed
	if err := os.MkdirAll(bin, 0o700); err != nil {
		t.Fatal(err)
	}
	call := machine.Call{Name: person, Dir: m.Home, Env: []string{"TF_CLI_CONFIG_FILE=", "WINEPATH=" + program.File(string(program)) + ";" + program.File(bin) + ";" + program.File(filepath.Join(m.Home, "AppData/Local/credential-idcs/keyring"))}}
	own, err := os.Stat(filepath.Join(string(program), "credential-idcs.exe"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		if c.variable != "" {
			call.Env = append(call.Env, c.variable)
		}
		if err := os.Link(filepath.Join(string(program), "hold.exe"), filepath.Join(bin, c.tool+".exe")); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(m.Home, c.file)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(c.before), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(words ...string) machine.Result {
		call.Args = words
		return m.Do(call)
	}
	for _, c := range list {
		path, link := filepath.Join(m.Home, c.file), filepath.Join(m.Home, c.link)
		linked := func() bool {
			fi, err := os.Stat(link)
			return c.link == "" || err == nil && os.SameFile(fi, own)
		}
		if r := run("configure", c.tool); r.Exit != 0 || !linked() {
			t.Errorf("%s: %s\nlinked: %v", c.tool, r, linked())
		}
		once := read(t, path)
		if !strings.Contains(once, c.has) {
			t.Errorf("%s: no %s in\n%s", c.tool, c.has, once)
		}
		if left, _ := filepath.Glob(link + "?*"); c.link != "" && len(left) > 0 {
			t.Errorf("%s left: %q", c.tool, left)
		}
		if r := run("configure", c.tool); r.Exit != 0 || read(t, path) != once || !strings.Contains(r.Stderr, "already set up") {
			t.Errorf("%s a second time: %s\n%s", c.tool, r, read(t, path))
		}
		if c.link != "" { // the program was replaced, and the link is the former one
			b, err := os.ReadFile(link)
			if err == nil {
				err = os.Remove(link)
			}
			if err == nil {
				err = os.WriteFile(link, append(b, 0), 0o755)
			}
			if err != nil {
				t.Fatal(err)
			}
			if r := run("configure", c.tool); r.Exit != 0 || !linked() {
				t.Errorf("%s, the former link stays: %s", c.tool, r)
			}
		}
	}
	r := run("doctor", "--offline", "--json")
	var findings []struct{ Level, Check, Message, Command string }
	if err := json.Unmarshal([]byte(r.Stdout), &findings); err != nil {
		t.Fatalf("%s: %v", r, err)
	}
	seen := map[string]bool{}
	for _, f := range findings {
		if slices.ContainsFunc(list, func(c toolFile) bool { return c.tool == f.Check }) {
			seen[f.Check] = true
			if f.Level == "error" && f.Check != "kubectl" { // kubectl is asked what it reads, and this one says nothing
				t.Errorf("doctor: %+v", f)
			}
		}
	}
	for _, c := range list {
		if !seen[c.tool] {
			t.Errorf("doctor says nothing of %s:\n%s", c.tool, r.Stdout)
		}
	}
	for _, c := range list {
		path, link := filepath.Join(m.Home, c.file), filepath.Join(m.Home, c.link)
		if r := run("unconfigure", c.tool); r.Exit != 0 || read(t, path) != c.before {
			t.Errorf("%s: %s\n%q, want\n%q", c.tool, r, read(t, path), c.before)
		}
		if _, err := os.Lstat(link); c.link != "" && err == nil && !slices.ContainsFunc(list, func(o toolFile) bool { return o.link == c.link && o.tool > c.tool }) {
			t.Errorf("%s stays", c.link)
		}
	}
}

// What configure writes for each tool, twice, and takes away again: where a variable says, and in the person's own
// folders. pip and Terraform also get a link, which is a hard link where Windows lets nobody make another one.
func TestConfigureAndUnconfigure(t *testing.T) {
	m := newMachine(t, machine.Person, "https://git.example.com", "https://registry.example.com:5000", "https://k8s.example.com:6443")
	in := func(name string) string { return program.File(filepath.Join(m.Home, name)) }
	const kubeconfig = "apiVersion: v1\nkind: Config\nclusters:\n- name: c1\n  cluster: {server: 'https://k8s.example.com:6443'}\ncontexts:\n- name: c1\n  context: {cluster: c1, user: old}\nusers:\n- name: old\n  user: {token: x}\ncurrent-context: c1\n"
	configured(t, m, []toolFile{
		{"docker", "DOCKER_CONFIG=" + in("docker"), "docker/config.json", "{\n\t\"psFormat\": \"x\"\n}\n", `"registry.example.com:5000": "idcs"`, ""},
		{"podman", "REGISTRY_AUTH_FILE=" + in("auth.json"), "auth.json", "{\r\n  \"auths\": {}\r\n}\r\n", `"registry.example.com:5000": "idcs"`, ""},
		{"kubectl", "KUBECONFIG=" + in("kube/config"), "kube/config", kubeconfig, "credential-idcs", ""},
		{"go", "GOENV=" + in("goenv"), "goenv", "GOPRIVATE=x\r\n", "GOAUTH=", ""},
		{"cargo", "CARGO_HOME=" + in("cargo"), "cargo/config.toml", "[term]\nquiet = true\n", "cargo-credential-idcs", ""},
	})
	m = newMachine(t, machine.Person, "https://git.example.com", "https://registry.example.com", "https://k8s.example.com:6443")
	const link = "AppData/Roaming/terraform.d/plugins/terraform-credentials-idcs.exe"
	configured(t, m, []toolFile{
		{"docker", "", ".docker/config.json", "{}\r\n", `"registry.example.com": "idcs"`, ""},
		{"kubectl", "", ".kube/config", strings.ReplaceAll(kubeconfig, "\n", "\r\n"), "credential-idcs", ""},
		{"go", "", "AppData/Roaming/go/env", "GOPRIVATE=x\n", "GOAUTH=", ""},
		{"cargo", "", ".cargo/config.toml", "[term]\r\nquiet = true\r\n", "cargo-credential-idcs", ""},
		{"bazel", "", ".bazelrc", "build --jobs=4\r\n", "git.example.com=Z:/", ""},
		{"pnpm", "", ".npmrc", "fund=false\n", `//git.example.com/:tokenHelper=Z:\`, ""},
		{"terraform", "", "AppData/Roaming/terraform.rc", "plugin_cache_dir = \"x\"\n", `credentials_helper "idcs" {}`, link},
		{"tofu", "", "AppData/Roaming/tofu.rc", "plugin_cache_dir = \"x\"\n", `credentials_helper "idcs" {}`, link},
		{"pip", "", "AppData/Roaming/pip/pip.ini", "[global]\r\ntimeout = 7\r\n", "keyring-provider = subprocess", "AppData/Local/credential-idcs/keyring/keyring.exe"},
	})
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
