//go:build linux

package release

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// Versions of the test: Go wants a module whose path has no /v9 to be below 2. The older one is a candidate, which
// every kind of package has to put below its release.
const version, older = "1.9.0", "1.9.0-rc.1"

// A works is where releases are made: a repository of these sources with two tags.
type works struct {
	*testing.T
	folder string
	source string // the repository
	config string // .goreleaser.yaml, for linux/amd64 alone
	env    []string
}

// newWorks copies the files that are part of the sources, as they are now, and commits and tags them.
func newWorks(t *testing.T) *works {
	t.Helper()
	for _, tool := range []string{"git", "go", "goreleaser", "cyclonedx-gomod", "tar"} {
		need.Tool(t, tool)
	}
	w := &works{T: t, folder: t.TempDir()}
	w.source = filepath.Join(w.folder, "source")
	w.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + w.folder, "LC_ALL=C.UTF-8", "GOFLAGS=", "GOTOOLCHAIN=local",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=ana", "GIT_AUTHOR_EMAIL=ana@example.com", "GIT_COMMITTER_NAME=ana", "GIT_COMMITTER_EMAIL=ana@example.com",
	}
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPROXY"} {
		out, err := exec.CommandContext(t.Context(), "go", "env", name).Output() // ours: HOME is another one there
		if err != nil {
			t.Fatal(err)
		}
		w.env = append(w.env, name+"="+strings.TrimSpace(string(out)))
	}
	if err := os.Mkdir(w.source, 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "git", "-C", root, "ls-files", "-z").Output()
	if err != nil {
		t.Skip("these sources have no git metadata, so nothing tells which files are part of them")
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") { // by children, which go test doesn't see
		if _, err := os.Lstat(filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	tar := exec.CommandContext(t.Context(), "sh", "-c", `tar -C "$0" --null --files-from=- -cf - | tar -C "$1" -xf -`, root, w.source)
	tar.Stdin = bytes.NewReader(out)
	if out, err := tar.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	w.run(w.source, "git", "init", "-q", "-b", "main")
	changelog := read(t, filepath.Join(w.source, "CHANGELOG.md"))
	for _, v := range []struct{ version, day string }{{older, "2026-11-27"}, {version, "2026-11-28"}} {
		changelog = strings.Replace(changelog, "## [Unreleased]\n", "## [Unreleased]\n\n## ["+v.version+"] - "+v.day+"\n\n- It is the test's.\n", 1)
		w.write(filepath.Join(w.source, "CHANGELOG.md"), changelog)
		w.run(w.source, "git", "add", "-A")
		at := v.day + "T12:00:00+0000"
		w.run(w.source, "env", "GIT_AUTHOR_DATE="+at, "GIT_COMMITTER_DATE="+at, "git", "commit", "-q", "-m", "release "+v.version)
		w.run(w.source, "git", "tag", "-a", "-m", "v"+v.version, "v"+v.version)
	}
	all := read(t, filepath.Join(root, ".goreleaser.yaml"))
	narrow := regexp.MustCompile(`targets: \[linux_amd64[^\]]*\]`).ReplaceAllString(all, "targets: [linux_amd64]")
	narrow = regexp.MustCompile(`( +)targets: \[(?:freebsd|windows)_[^\]]*\]`).ReplaceAllString(narrow, "${0}\n${1}skip: true")
	if strings.Count(narrow, "skip: true") != 2 {
		t.Fatalf("the configuration can't be narrowed:\n%s", narrow)
	}
	w.config = filepath.Join(w.folder, "goreleaser.yaml")
	w.write(w.config, narrow)
	// Of the older release only the packages are used.
	alone := strings.Replace(narrow, "    tags: [] # it", "    skip: true\n    tags: [] # it", 1)
	alone = regexp.MustCompile(`(?s)\nkrews:\n.*?\n(release|changelog):`).ReplaceAllString(alone, "\n$1:") // it needs the archives
	if strings.Count(alone, "skip: true") != 3 {
		t.Fatalf("the controller can't be left out:\n%s", alone)
	}
	w.write(w.config+".older", alone)
	return w
}

func (w *works) write(path, content string) {
	w.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		w.Fatal(err)
	}
}

// run runs a command in a folder and returns what it printed.
func (w *works) run(folder string, command ...string) string {
	w.Helper()
	out, err := w.try(folder, command...)
	if err != nil {
		w.Fatalf("%q: %v\n%s", command, err, out)
	}
	return out
}

func (w *works) try(folder string, command ...string) (string, error) {
	w.Helper()
	cmd := exec.CommandContext(w.Context(), command[0], command[1:]...)
	cmd.Dir, cmd.Env = folder, w.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// build makes a release of a tag in a clone of that name, but for some parts, and returns its folder dist.
func (w *works) build(clone, tag, umask string, without ...string) string {
	w.Helper()
	folder := filepath.Join(w.folder, clone)
	config, skip := w.config, strings.Join(append(without, "publish,announce,sign"), ",")
	if tag == older {
		config += ".older"
	}
	w.run(w.folder, "sh", "-c", `umask "$0" && git clone -q --branch "$1" source "$2" && cd "$2" &&
		git remote set-url origin https://github.com/credential-idcs/credential-idcs.git &&
		exec goreleaser release --clean --skip="$4" -f "$3"`, umask, "v"+tag, folder, config, skip)
	return filepath.Join(folder, "dist")
}

// sums are the digests of what a release has, by name.
func (w *works) sums(dist string) map[string]string {
	w.Helper()
	all := map[string]string{}
	for _, pattern := range []string{"*.tar.gz", "*.deb", "*.rpm", "*.apk", "*.json", "checksums.txt", "krew/idcs.yaml"} {
		files, err := filepath.Glob(filepath.Join(dist, pattern))
		if err != nil {
			w.Fatal(err)
		}
		for _, f := range files {
			if name := filepath.Base(f); name != "artifacts.json" && name != "metadata.json" { // goreleaser's own
				all[name] = fmt.Sprintf("%x", sha256.Sum256([]byte(read(w.T, f))))
			}
		}
	}
	return all
}

// A release of these sources: built twice it is the same, and all that comes out of it works.
func TestRelease(t *testing.T) {
	w := newWorks(t)
	dist := w.build("one", version, "022")
	before := w.build("older", older, "022", "sbom", "archive")
	file := func(dist, pattern string) string {
		t.Helper()
		found, err := filepath.Glob(filepath.Join(dist, pattern))
		if err != nil || len(found) != 1 {
			t.Fatalf("%s in %s: %q, %v", pattern, dist, found, err)
		}
		return found[0]
	}

	t.Run("a tag that isn't the CHANGELOG's", func(t *testing.T) {
		w.run(w.folder, "git", "clone", "-q", "--branch", "v"+older, "source", "mistagged")
		clone := filepath.Join(w.folder, "mistagged")
		w.run(clone, "git", "remote", "set-url", "origin", "https://"+module+".git")
		w.run(clone, "git", "tag", "-a", "-m", "v1.8.5", "v1.8.5")
		said, err := w.try(clone, "env", "GORELEASER_CURRENT_TAG=v1.8.5", "goreleaser", "release", "--skip=publish,announce,sign", "-f", w.config)
		if built, _ := filepath.Glob(filepath.Join(clone, "dist/*/*")); err == nil || !strings.Contains(said, "is "+older+", not 1.8.5") || len(built) != 0 {
			t.Errorf("%v, with %q built\n%s", err, built, said)
		}
	})

	t.Run("two builds are equal", func(t *testing.T) {
		// Of the two lists of modules, which one script makes and which take as long as all the rest, one.
		another := w.build("another, with a longer name", version, "077", "sbom")
		list := "credential-idcs_" + version + ".cdx.json"
		w.run(another, "sh", "-c", `umask 077 && exec ../.ci/release-sbom "$0"`, list)
		one, two := w.sums(dist), w.sums(another)
		if len(one) != 10 || len(two) != 9 {
			t.Errorf("the release has %v and %v", one, two)
		}
		lists := regexp.MustCompile(`(?m)^.*\.cdx\.json\n`)
		if got, want := read(t, filepath.Join(another, "checksums.txt")), lists.ReplaceAllString(read(t, filepath.Join(dist, "checksums.txt")), ""); got != want {
			t.Errorf("the checksums differ:\n%s\nand\n%s", got, want)
		}
		for name, sum := range one {
			if two[name] != sum && name != "checksums.txt" && name != "credential-idcs-controller_"+version+".cdx.json" {
				t.Errorf("%s differs", name)
			}
			if !regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`).MatchString(name) {
				t.Errorf("GitHub would rename %s", name)
			}
		}
		w.run(dist, "sha256sum", "-c", "checksums.txt")
	})

	t.Run("the archive's program is what install.sh builds", func(t *testing.T) {
		folder := t.TempDir()
		w.run(folder, "tar", "xzf", file(dist, "credential-idcs_*_linux_amd64.tar.gz"))
		unpacked := filepath.Join(folder, "credential-idcs_"+version+"_linux_amd64")
		w.run(filepath.Dir(dist), "./install.sh", "--prefix", filepath.Join(folder, "built"))
		w.run(folder, "cmp", filepath.Join(unpacked, "credential-idcs"), filepath.Join(folder, "built/bin/credential-idcs"))

		// And it installs without Go, with its pages.
		prefix := filepath.Join(folder, "installed")
		w.run(folder, "env", "PATH=/usr/bin:/bin", filepath.Join(unpacked, "install.sh"), "--prefix", prefix)
		for _, name := range append(links(t), "credential-idcs") {
			if _, err := os.Stat(filepath.Join(prefix, "bin", name)); err != nil {
				t.Error(err)
			}
			if page := read(t, filepath.Join(prefix, "share/man/man1", name+".1")); !strings.Contains(page, " 2026-11-28 ") {
				t.Errorf("%s.1 isn't of the release's day: %.80s", name, page)
			}
		}
	})

	t.Run("the list of modules is the program's", func(t *testing.T) {
		for list, program := range map[string]string{
			"credential-idcs_*.cdx.json":            "unix_linux_amd64_v1/credential-idcs",
			"credential-idcs-controller_*.cdx.json": "controller_linux_amd64_v1/credential-idcs-controller",
		} {
			w.listed(t, read(t, file(dist, list)), w.run(dist, "go", "version", "-m", file(dist, program)))
		}
	})

	t.Run("the controller", func(t *testing.T) {
		folder := t.TempDir()
		w.run(folder, "tar", "xzf", file(dist, "credential-idcs-controller_*_linux_amd64.tar.gz"))
		program := filepath.Join(folder, "credential-idcs-controller_"+version+"_linux_amd64", "credential-idcs-controller")
		if said := w.run(folder, program, "version"); !strings.HasPrefix(said, "credential-idcs-controller "+version+" (commit ") {
			t.Errorf("got %s", said)
		}
	})

	t.Run("the controller's image", func(t *testing.T) {
		w.image(t, filepath.Dir(dist), file(dist, "controller_linux_amd64_v1/credential-idcs-controller"))
	})

	t.Run("a candidate's packages", func(t *testing.T) {
		// As docs/install.md has them, and without what GitHub would rename.
		for _, name := range []string{"credential-idcs_" + older + "_amd64.deb", "credential-idcs-" + older + "-1.x86_64.rpm", "credential-idcs_" + older + "_x86_64.apk"} {
			file(before, name)
		}
	})
	t.Run("deb", func(t *testing.T) { w.deb(t, file(before, "*.deb"), file(dist, "*.deb")) })
	t.Run("rpm", func(t *testing.T) { w.rpm(t, file(before, "*.rpm"), file(dist, "*.rpm")) })
	t.Run("apk", func(t *testing.T) { w.apk(t, file(dist, "*.apk")) })
	t.Run("krew", func(t *testing.T) { w.krew(t, file(dist, "krew/idcs.yaml"), file(dist, "kubectl-idcs_*.tar.gz")) })
	t.Run("go install", w.goInstall)
	t.Run("Homebrew and Scoop", func(t *testing.T) { w.manifests(t, dist) })
	t.Run("what docs/install.md says", func(t *testing.T) { w.documented(t, dist) })
}

// listed holds a list of modules to what a program links, as `go version -m` tells.
func (w *works) listed(t *testing.T, bom, linked string) {
	t.Helper()
	modules := regexp.MustCompile(`(?m)^\tdep\t(\S+)\t(\S+)\t`).FindAllStringSubmatch(linked, -1)
	if len(modules) < 5 || strings.Count(bom, `"type": "library"`) != len(modules) {
		t.Errorf("%d modules are linked, and the list has\n%s", len(modules), bom)
	}
	for _, m := range modules {
		if !strings.Contains(bom, "pkg:golang/"+m[1]+"@"+m[2]+"?type=module") {
			t.Errorf("the list lacks %s %s", m[1], m[2])
		}
	}
	if strings.Contains(bom, `"serialNumber"`) || strings.Contains(bom, `"timestamp"`) || strings.Contains(bom, `"alg": "MD5"`) {
		t.Errorf("the list differs from run to run:\n%.600s", bom)
	}
}
