//go:build linux

package release

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// `go install MODULE@VERSION` from the repository itself, then from a module proxy, as most people have it. The
// programs know their version.
func (w *works) goInstall(t *testing.T) {
	cache, bin := t.TempDir(), t.TempDir()
	install := func(env []string, packages ...string) {
		t.Helper()
		env = append([]string{"env", "GOBIN=" + bin, "GOMODCACHE=" + cache, "GOFLAGS=-modcacherw -trimpath", "GOSUMDB=off", "CGO_ENABLED=0"}, env...)
		w.run(w.folder, append(append(env, "go", "install"), packages...)...)
	}
	knows := func(program string) {
		t.Helper()
		if said := w.run(bin, "./"+program, "version"); !strings.HasPrefix(said, program+" "+version+" (commit ") {
			t.Errorf("version: %s", said)
		}
	}
	w.modules(t, cache)

	install([]string{"GOPROXY=off", "GOPRIVATE=" + module,
		"GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_0=url." + w.source + ".insteadOf", "GIT_CONFIG_VALUE_0=https://" + module,
		"GIT_CONFIG_KEY_1=protocol.file.allow", "GIT_CONFIG_VALUE_1=always"},
		module+"/cmd/credential-idcs@v"+version)
	knows("credential-idcs")

	// A proxy serves what the go command has made of the repository; it refuses names and sizes then.
	proxy := t.TempDir()
	if err := os.MkdirAll(filepath.Join(proxy, filepath.Dir(module)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(cache, "cache/download", module), filepath.Join(proxy, module)); err != nil {
		t.Fatal(err)
	}
	for _, of := range []string{filepath.Dir(module), "cache/vcs"} {
		if err := os.RemoveAll(filepath.Join(cache, of)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"list", "v" + version + ".info", "v" + version + ".mod", "v" + version + ".zip"} {
		if _, err := os.Stat(filepath.Join(proxy, module, "@v", name)); err != nil {
			t.Error(err)
		}
	}
	if err := os.Remove(filepath.Join(bin, "credential-idcs")); err != nil {
		t.Fatal(err)
	}
	// Neither a repository nor the network is asked.
	install([]string{"GOPROXY=file://" + proxy},
		module+"/cmd/credential-idcs@latest", module+"/cmd/credential-idcs-controller@latest")
	knows("credential-idcs")
	knows("credential-idcs-controller")
}

// documented checks that what docs/install.md tells people to download is what a release has, and types the line for
// the archive as it is there.
func (w *works) documented(t *testing.T, dist string) {
	page := read(t, filepath.Join(root, "docs/install.md"))
	files := regexp.MustCompile(`\$BASE/([^\s`+"`"+`;]+)`).FindAllStringSubmatch(page, -1)
	if len(files) < 8 {
		t.Fatalf("only %q", files)
	}
	for _, m := range files {
		name := strings.NewReplacer("${V}", version, "$V", version).Replace(m[1])
		if strings.Contains(name, "_windows_") { // this release is narrowed to Linux, but its manifest for Scoop has the name
			if scoop := read(t, filepath.Join(dist, "credential-idcs.json")); !strings.Contains(scoop, "/"+name+`"`) {
				t.Errorf("%s isn't what Scoop downloads:\n%s", name, scoop)
			}
		} else if _, err := os.Stat(filepath.Join(dist, name)); err != nil {
			t.Error(err)
		}
	}

	row := regexp.MustCompile("(?m)^\\| other Linux.*\\| `(curl [^`]*)` \\| the same \\| `([^`]*)` \\|$").FindStringSubmatch(page)
	if row == nil {
		t.Fatal("no line for the archive")
	}
	folder := t.TempDir()
	types := func(line string) string {
		return w.run(folder, "env", "HOME="+folder, "V="+version, "BASE=file://"+dist, "sh", "-c", line)
	}
	need.Tool(t, "curl")
	types(row[1])
	if said := types("./.local/bin/kubectl-idcs version"); !strings.HasPrefix(said, "credential-idcs "+version) {
		t.Errorf("version: %s", said)
	}
	types("cp " + dist + "/checksums.txt . && sha256sum -c --ignore-missing checksums.txt")
	types(row[2])
	if left := types("find .local ! -type d"); left != "" {
		t.Errorf("left behind: %s", left)
	}
}

// modules fills a module cache of the test's own, since a made-up version must not stay in this user's, with links
// to what is in theirs: to unpack all of Kubernetes' anew takes longer than to build.
func (w *works) modules(t *testing.T, cache string) {
	t.Helper()
	theirs := strings.TrimSpace(w.run(root, "go", "env", "GOMODCACHE"))
	for _, folder := range []string{"", "github.com", "cache/download", "cache/download/github.com"} {
		entries, err := os.ReadDir(filepath.Join(theirs, folder))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(cache, folder), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if name := filepath.Join(folder, e.Name()); e.Name() != "github.com" && e.Name() != "cache" && e.Name() != filepath.Base(filepath.Dir(module)) {
				if err := os.Symlink(filepath.Join(theirs, name), filepath.Join(cache, name)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
