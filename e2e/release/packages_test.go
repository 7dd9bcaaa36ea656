//go:build linux

package release

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// asRoot is a command as root: this user's own, in a namespace, if this isn't root.
func asRoot(t *testing.T, command ...string) []string {
	t.Helper()
	if os.Geteuid() == 0 {
		return command
	}
	return append([]string{need.Tool(t, "unshare"), "-r"}, command...)
}

// installed checks that a system has all that a package brings.
func (w *works) installed(t *testing.T, folder, version string, zsh string) {
	t.Helper()
	for _, name := range append(links(t), "credential-idcs") {
		path := filepath.Join(folder, "usr/bin", name)
		if to, err := os.Readlink(path); name != "credential-idcs" && (err != nil || to != "credential-idcs") {
			t.Errorf("%s leads to %q, %v", name, to, err)
		}
		if page := w.run(folder, need.Tool(t, "man"), "-w", "-M", filepath.Join(folder, "usr/share/man"), name); !strings.Contains(page, name+".1.gz") {
			t.Errorf("man %s: %s", name, page)
		}
	}
	for _, name := range []string{"credential-idcs", "kubectl-idcs"} {
		if said := w.run(folder, filepath.Join(folder, "usr/bin", name), "version"); !strings.HasPrefix(said, "credential-idcs "+version+" (commit ") {
			t.Errorf("%s version: %s", name, said)
		}
	}
	if said, err := w.try(folder, filepath.Join(folder, "usr/bin/docker-credential-idcs"), "version"); err != nil || !strings.Contains(said, version) {
		t.Errorf("docker-credential-idcs version: %v %s", err, said)
	}
	for path, has := range map[string]string{
		"usr/share/bash-completion/completions/credential-idcs":    "complete -o default -F",
		"usr/share/bash-completion/completions/kubectl-idcs":       "complete -o default -F",
		"usr/share/fish/vendor_completions.d/credential-idcs.fish": "complete -c",
		zsh + "/_credential-idcs":                                  "#compdef",
		"usr/share/doc/credential-idcs/SECURITY.md":                "# Security",
	} {
		if text := read(t, filepath.Join(folder, path)); !strings.Contains(text, has) {
			t.Errorf("%s: no %q in\n%s", path, has, text)
		}
	}
}

// left are the files that a system has, beside homes and its package manager's own.
func left(t *testing.T, folder string, own ...string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		name, _ := filepath.Rel(folder, path)
		if d != nil && d.IsDir() && slices.Contains(own, name) {
			return fs.SkipDir
		}
		if err == nil && (!d.IsDir() || strings.Contains(name, "credential-idcs")) {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// Debian's package, which is what lintian expects of one: installed, upgraded, removed.
func (w *works) deb(t *testing.T, before, now string) {
	dpkg, lintian := need.Tool(t, "dpkg"), need.Tool(t, "lintian")
	said, _ := w.try(w.folder, lintian, now) // fails for what is accepted, too
	for line := range strings.Lines(said) {
		// Go links statically, and the field is goreleaser's.
		if regexp.MustCompile(`^[EW]: `).MatchString(line) && !strings.Contains(line, ": statically-linked-binary ") && !strings.Contains(line, ": unknown-field Architecture-Variant") {
			t.Errorf("lintian: %s", line)
		}
	}

	p := newPerson(t)
	folder := p.folder
	for _, d := range []string{"var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers"} {
		if err := os.MkdirAll(filepath.Join(folder, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	w.write(filepath.Join(folder, "var/lib/dpkg/status"), "")
	run := func(args ...string) {
		w.run(folder, asRoot(t, append([]string{dpkg, "--root=" + folder, "--log=/dev/null"}, args...)...)...)
	}
	if has := strings.Fields(w.run(folder, "sh", "-c", `dpkg-deb --ctrl-tarfile "$0" | tar -t | sort`, now)); !slices.Equal(has, []string{"./control", "./md5sums"}) {
		t.Errorf("a script, or configuration of its own: %q", has)
	}
	// Unlike rpm, dpkg goes back to an older one, too.
	w.run(folder, "sh", "-c", `"$0" --compare-versions "$(dpkg-deb -f "$1" Version)" lt "$(dpkg-deb -f "$2" Version)"`, dpkg, before, now)
	run("-i", before)
	w.installed(t, folder, older, "usr/share/zsh/vendor-completions")
	p.logsIn()
	run("-i", now)
	w.installed(t, folder, version, "usr/share/zsh/vendor-completions")
	p.stillLoggedIn("after an upgrade", true)
	run("--purge", "credential-idcs")
	if names := left(t, folder, "var/lib/dpkg", "home"); len(names) != 0 {
		t.Errorf("left behind: %q", names)
	}
	p.stillLoggedIn("after the removal", false)
	run("-i", now)
	p.stillLoggedIn("installed again", true)
}

// The same with an rpm.
func (w *works) rpm(t *testing.T, before, now string) {
	rpm := need.Tool(t, "rpm")
	if host := w.run(w.folder, rpm, "-qp", "--qf", "%{BUILDHOST}", now); host != "reproducible" {
		t.Errorf("the package names the machine %q", host)
	}
	if has := w.run(w.folder, rpm, "-qp", "--scripts", "--triggers", now) + w.run(w.folder, rpm, "-qpc", now); has != "" {
		t.Errorf("a script, or configuration of its own: %s", has)
	}
	p := newPerson(t)
	folder := p.folder
	run := func(args ...string) {
		// It needs nothing: a static program. Debian's rpm has no database of this root.
		w.run(folder, asRoot(t, append([]string{rpm, "--root", folder, "--dbpath", "/var/lib/rpm", "--nodeps"}, args...)...)...)
	}
	run("-i", before)
	w.installed(t, folder, older, "usr/share/zsh/site-functions")
	p.logsIn()
	run("-U", now)
	w.installed(t, folder, version, "usr/share/zsh/site-functions")
	run("-V", "credential-idcs")
	p.stillLoggedIn("after an upgrade", true)
	run("-e", "credential-idcs")
	if names := left(t, folder, "var", "home"); len(names) != 0 {
		t.Errorf("left behind: %q", names)
	}
	p.stillLoggedIn("after the removal", false)
	run("-i", now)
	p.stillLoggedIn("installed again", true)
}

// kubectl's plugin manager installs the plugin from the archive, and what it then writes into a kubeconfig
// can be run. A manifest that its validator accepts may still not install.
func (w *works) krew(t *testing.T, manifest, archive string) {
	validator, krew := need.Tool(t, "validate-krew-manifest"), need.Tool(t, "krew")
	folder := t.TempDir()
	w.run(folder, validator, "-skip-install", "-manifest", manifest)
	env := []string{"env", "KREW_ROOT=" + folder, "KREW_NO_UPGRADE_CHECK=1", "HOME=" + folder, "XDG_CONFIG_HOME=" + folder + "/.config",
		"KUBECONFIG=" + folder + "/kubeconfig", "PATH=" + folder + "/bin:" + os.Getenv("PATH")}
	w.run(folder, append(env, krew, "install", "--manifest="+manifest, "--archive="+archive)...)
	if said := w.run(folder, append(env, need.Tool(t, "kubectl"), "idcs", "version")...); !strings.HasPrefix(said, "credential-idcs "+version) {
		t.Errorf("kubectl idcs version: %s", said)
	}

	if err := os.MkdirAll(folder+"/.config/credential-idcs", 0o700); err != nil {
		t.Fatal(err)
	}
	w.write(folder+"/.config/credential-idcs/config.toml", `[profiles.work]
domain = "https://idcs-00112233.identity.oraclecloud.com"
client_id = "0a1b2c3d4e5f"
login = "device"
scope = "urn:opc:idm:__myscopes__"
targets = ["https://k8s.example.com:6443"]
`)
	w.write(folder+"/kubeconfig", "apiVersion: v1\nkind: Config\nclusters:\n- name: work\n  cluster:\n    server: https://k8s.example.com:6443\n"+
		"contexts:\n- name: work\n  context:\n    cluster: work\n    user: ana\nusers:\n- name: ana\n")
	w.run(folder, append(env, "kubectl", "idcs", "configure", "kubectl", "--context", "work", "--overwrite")...)
	written := regexp.MustCompile(`(?m)^ *command: (\S+)$`).FindStringSubmatch(read(t, folder+"/kubeconfig"))
	if written == nil {
		t.Fatalf("no command in\n%s", read(t, folder+"/kubeconfig"))
	}
	if said := w.run(folder, append(env, written[1], "version")...); !strings.HasPrefix(said, "credential-idcs "+version) {
		t.Errorf("%s version: %s", written[1], said)
	}
	// krew keeps each version in a folder of its own: a path into it would be gone after an upgrade.
	if strings.Contains(written[1], "/store/") {
		t.Errorf("the kubeconfig has %s", written[1])
	}
}

// The templates are filled: no mark is left, and what they name is in the release.
func (w *works) manifests(t *testing.T, dist string) {
	// This release is narrowed to Linux; Scoop's needs lines of the two archives for Windows.
	sums := read(t, filepath.Join(dist, "checksums.txt"))
	for i, arch := range []string{"amd64", "arm64"} {
		sums += strings.Repeat(string(rune('a'+i)), 64) + "  credential-idcs_" + version + "_windows_" + arch + ".zip\n"
	}
	w.write(filepath.Join(dist, "checksums.txt"), sums)
	clone := filepath.Dir(dist)
	w.run(clone, ".ci/release-manifests")
	formula, scoop := read(t, filepath.Join(dist, "credential-idcs.rb")), read(t, filepath.Join(dist, "credential-idcs.json"))
	commit := strings.TrimSpace(w.run(clone, "git", "rev-parse", "HEAD"))
	for _, words := range []string{`tag:      "v` + version + `"`, `revision: "` + commit + `"`, " git-credential-idcs ", "terraform-credentials-idcs]"} {
		if !strings.Contains(strings.NewReplacer("%w[", " ").Replace(formula), words) {
			t.Errorf("the formula lacks %q:\n%s", words, formula)
		}
	}
	for _, words := range []string{`"version": "` + version + `"`, strings.Repeat("a", 64), strings.Repeat("b", 64), "_" + version + "_windows_arm64.zip"} {
		if !strings.Contains(scoop, words) {
			t.Errorf("Scoop's manifest lacks %q:\n%s", words, scoop)
		}
	}
	if strings.Contains(formula+scoop, "@VERSION") || regexp.MustCompile(`@[A-Z]+[@:]`).MatchString(formula+scoop) {
		t.Errorf("a mark is left:\n%s\n%s", formula, scoop)
	}
	w.run(dist, need.Tool(t, "ruby"), "-c", "credential-idcs.rb")
	// What brew would try, as there is none here.
	try := regexp.MustCompile(`assert_match "([^"]+)", pipe_output\("#\{bin\}/([^"]+)", "", (\d)\)`).FindStringSubmatch(formula)
	if try == nil {
		t.Fatalf("the formula's test can't be read:\n%s", formula)
	}
	said, err := w.try(dist, "env", "HOME="+t.TempDir(), "sh", "-c", "unix_linux_amd64_v1/"+try[2])
	var exit *exec.ExitError
	if !errors.As(err, &exit) || strconv.Itoa(exit.ExitCode()) != try[3] || !strings.Contains(said, try[1]) {
		t.Errorf("the formula's test fails: %v, want %s, and %q in %s", err, try[3], try[1], said)
	}
	if !json.Valid([]byte(scoop)) {
		t.Errorf("Scoop's manifest is no JSON:\n%s", scoop)
	}
	w.run(dist, "cmp", "idcs.yaml", "krew/idcs.yaml")
}
