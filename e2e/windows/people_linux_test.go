package windows

import (
	"os"
	"os/user"
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

// What configure writes for each tool that needs no program of its own, twice, and takes away again.
func TestConfigureAndUnconfigure(t *testing.T) {
	m := newMachine(t, machine.Person, "https://git.example.com", "https://registry.example.com:5000", "https://k8s.example.com:6443")
	dir := m.Home
	for _, c := range []struct{ tool, variable, file, before, has string }{
		{"docker", "DOCKER_CONFIG=" + program.File(dir+"/docker"), "docker/config.json", "{\n\t\"psFormat\": \"x\"\n}\n", `"registry.example.com:5000": "idcs"`},
		{"podman", "REGISTRY_AUTH_FILE=" + program.File(dir+"/auth.json"), "auth.json", "{\r\n  \"auths\": {}\r\n}\r\n", `"registry.example.com:5000": "idcs"`},
		{"kubectl", "KUBECONFIG=" + program.File(dir+"/kube/config"), "kube/config", "apiVersion: v1\nkind: Config\nclusters:\n- name: c1\n  cluster: {server: 'https://k8s.example.com:6443'}\ncontexts:\n- name: c1\n  context: {cluster: c1, user: old}\nusers:\n- name: old\n  user: {token: x}\ncurrent-context: c1\n", "credential-idcs"},
		{"go", "GOENV=" + program.File(dir+"/goenv"), "goenv", "GOPRIVATE=x\r\n", "GOAUTH="},
		{"cargo", "CARGO_HOME=" + program.File(dir+"/cargo"), "cargo/config.toml", "[term]\nquiet = true\n", "cargo-credential-idcs"},
	} {
		t.Run(c.tool, func(t *testing.T) {
			path := filepath.Join(dir, c.file)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(c.before), 0o600); err != nil {
				t.Fatal(err)
			}
			run := func(args ...string) machine.Result {
				call := machine.Call{Name: machine.People, Args: append(args, "--profile", "work"), Dir: dir}
				if c.variable != "" {
					call.Env = []string{c.variable}
				}
				// Names are looked up in Windows' own PATH.
				call.Env = append(call.Env, "WINEPATH="+program.File(string(program)))
				return m.Do(call)
			}
			if r := run("configure", c.tool); r.Exit != 0 {
				t.Fatalf("%s", r)
			}
			once := read(t, path)
			if !strings.Contains(once, c.has) {
				t.Errorf("no %s in\n%s", c.has, once)
			}
			if r := run("configure", c.tool); r.Exit != 0 || read(t, path) != once {
				t.Errorf("a second time: %s\n%s", r, read(t, path))
			}
			if r := run("unconfigure", c.tool); r.Exit != 0 || read(t, path) != c.before {
				t.Errorf("%s\n%q, want\n%q", r, read(t, path), c.before)
			}
		})
	}
}

// The same for tools whose files are in the person's folders. pip and Terraform also get a link, which is a
// hard link where Windows lets nobody make another one.
func TestConfigureInThePersonsFolders(t *testing.T) {
	m := newMachine(t, machine.Person, "https://git.example.com")
	m.Do(machine.Call{Name: person, Args: []string{"version"}}) // makes the person's folder
	own, err := os.Stat(filepath.Join(string(program), "credential-idcs.exe"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ tool, file, before, has, link string }{
		{"bazel", ".bazelrc", "build --jobs=4\r\n", "git.example.com=Z:/", ""},
		{"pnpm", ".npmrc", "fund=false\n", `//git.example.com/:tokenHelper=Z:\`, ""},
		{"terraform", "AppData/Roaming/terraform.rc", "plugin_cache_dir = \"x\"\n", `credentials_helper "idcs" {}`, "AppData/Roaming/terraform.d/plugins/terraform-credentials-idcs.exe"},
		{"tofu", "AppData/Roaming/tofu.rc", "plugin_cache_dir = \"x\"\n", `credentials_helper "idcs" {}`, "AppData/Roaming/terraform.d/plugins/terraform-credentials-idcs.exe"},
		{"pip", "AppData/Roaming/pip/pip.ini", "[global]\r\ntimeout = 7\r\n", "keyring-provider = subprocess", "AppData/Local/credential-idcs/keyring/keyring.exe"},
	} {
		t.Run(c.tool, func(t *testing.T) {
			path, link := filepath.Join(m.Home, c.file), filepath.Join(m.Home, c.link)
			if c.link == "" {
				path = filepath.Join(profile(t), c.file)
				t.Cleanup(func() { _ = os.Remove(path) })
			}
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(c.before), 0o600); err != nil {
				t.Fatal(err)
			}
			run := func(args ...string) machine.Result {
				t.Helper()
				r := m.Do(machine.Call{Name: person, Args: args, Dir: m.Home, Env: []string{"TF_CLI_CONFIG_FILE="}})
				if r.Exit != 0 {
					t.Errorf("%s", r)
				}
				return r
			}
			run("configure", c.tool)
			once := read(t, path)
			if !strings.Contains(once, c.has) {
				t.Errorf("no %s in\n%s", c.has, once)
			}
			if c.link != "" {
				if fi, err := os.Stat(link); err != nil || !os.SameFile(fi, own) {
					t.Errorf("%s is not the program: %v", c.link, err)
				}
				if left, _ := filepath.Glob(link + "?*"); len(left) > 0 {
					t.Errorf("left: %q", left)
				}
			}
			if r := run("configure", c.tool); read(t, path) != once || !strings.Contains(r.Stderr, "already set up") {
				t.Errorf("a second time: %s\n%s", r, read(t, path))
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
				run("configure", c.tool)
				if fi, err := os.Stat(link); err != nil || !os.SameFile(fi, own) {
					t.Errorf("the former link stays: %v", err)
				}
			}
			run("unconfigure", c.tool)
			if got := read(t, path); got != c.before {
				t.Errorf("%q, want %q", got, c.before)
			}
			if _, err := os.Lstat(link); c.link != "" && err == nil {
				t.Errorf("%s stays", c.link)
			}
		})
	}
}

// profile is the person's folder on Wine's drive, which no variable moves.
func profile(t *testing.T) string {
	t.Helper()
	us, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	users, _ := filepath.Glob(filepath.Join(string(program), "drive/drive_c/users/*"))
	users = slices.DeleteFunc(users, func(path string) bool { return filepath.Base(path) == "Public" })
	// The drive may have one of whoever made it.
	if i := slices.IndexFunc(users, func(path string) bool { return filepath.Base(path) == us.Username }); i >= 0 {
		return users[i]
	}
	t.Fatalf("no folder of %s: %q", us.Username, users)
	return ""
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
