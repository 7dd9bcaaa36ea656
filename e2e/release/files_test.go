package release

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

const root = "../.."

const module = "github.com/credential-idcs/credential-idcs"

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// first is the first group of an expression in a file.
func first(t *testing.T, path, expression string) string {
	t.Helper()
	m := regexp.MustCompile(expression).FindStringSubmatch(read(t, filepath.Join(root, path)))
	if m == nil {
		t.Fatalf("%s has no %s", path, expression)
	}
	return m[1]
}

// links are the other names of the program, as install.sh makes them.
func links(t *testing.T) []string {
	t.Helper()
	names := strings.Fields(first(t, "install.sh", `(?s)\nlinks='([^']+)'`))
	slices.Sort(names)
	return names
}

// A package has each name that install.sh makes, and Windows' installer too.
func TestPackagesHaveTheNamesOfInstall(t *testing.T) {
	want := links(t)
	for _, c := range []struct{ path, expression string }{
		{".goreleaser.yaml", `dst: /usr/bin/([a-z-]+)\}`},
		{"packaging/install.ps1", `'([a-z]+-[a-z-]*idcs)'`},
	} {
		var got []string
		for _, m := range regexp.MustCompile(c.expression).FindAllStringSubmatch(read(t, filepath.Join(root, c.path)), -1) {
			got = append(got, m[1])
		}
		slices.Sort(got)
		if got = slices.Compact(got); !slices.Equal(got, want) {
			t.Errorf("%s has %q, install.sh %q", c.path, got, want)
		}
	}
}

// The released program is what install.sh builds: with other flags it would not be.
func TestFlagsAreThoseOfInstall(t *testing.T) {
	tags := first(t, "install.sh", `-tags (\S+)`)
	linked := first(t, "install.sh", `-X \$module/(\S+)=`)
	for _, c := range []struct{ path, want string }{
		{".goreleaser.yaml", "tags: [" + tags + "]"},
		{".goreleaser.yaml", `ldflags: ["-s -w -X ` + module + "/" + linked + "={{ .Version }}\"]"},
		{".goreleaser.yaml", "flags: [-trimpath, -buildvcs=auto]"},
		{".goreleaser.yaml", "env: [CGO_ENABLED=0, GOWORK=off]"},
		{"packaging/homebrew/credential-idcs.rb.in", `"-tags", "` + tags + `"`},
		{"packaging/homebrew/credential-idcs.rb.in", `"-s -w -X ` + module + "/" + linked + "=#{version}\""},
		{".ci/release-sbom", "-tags=" + tags},
	} {
		if !strings.Contains(read(t, filepath.Join(root, c.path)), c.want) {
			t.Errorf("%s lacks %s", c.path, c.want)
		}
	}
	if flags := first(t, "install.sh", `(CGO_ENABLED=0 GOWORK=off go build -trimpath -buildvcs="\$vcs" -tags \S+)`); flags == "" {
		t.Error("install.sh builds otherwise")
	}
}

// goreleaser and actionlint find nothing to complain of.
func TestConfigurationAndWorkflowsAreValid(t *testing.T) {
	for _, c := range [][]string{{"goreleaser", "check"}, {"actionlint"}} {
		cmd := exec.CommandContext(t.Context(), need.Tool(t, c[0]), c[1:]...)
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", c[0], err, out)
		}
	}
}

// What somebody else can change under a tag is used by its commit, and nothing has rights that it doesn't
// need.
func TestWorkflowsPinWhatTheyUse(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, ".github/workflows/*.yml"))
	if err != nil || len(files) < 3 {
		t.Fatalf("%v, %q", err, files)
	}
	pinned := regexp.MustCompile(`^\s*(?:- )?uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	for _, f := range files {
		text := read(t, f)
		for line := range strings.Lines(text) {
			line = strings.TrimRight(line, "\n")
			if strings.Contains(line, "uses:") && !pinned.MatchString(line) {
				t.Errorf("%s: %s", f, line)
			}
		}
		if !strings.Contains(text, "\npermissions:\n  contents: read\n") || strings.Contains(text, "pull_request_target") {
			t.Errorf("%s has other rights than to read", f)
		}
		if strings.Count(text, "actions/checkout@") != strings.Count(text, "persist-credentials: false") {
			t.Errorf("%s leaves the token in a checkout", f)
		}
	}
}

// dependabot looks into each folder that has modules of its own, and into no other.
func TestDependabotKnowsAllModules(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), need.Tool(t, "git"), "-C", root, "ls-files", "*go.mod", "*package-lock.json").Output()
	if err != nil {
		t.Skip("these sources have no git metadata, so nothing tells which files are part of them")
	}
	want := map[string][]string{}
	for _, path := range strings.Fields(string(out)) {
		want[filepath.Base(path)] = append(want[filepath.Base(path)], filepath.Dir("/"+path))
	}
	for kind, file := range map[string]string{"gomod": "go.mod", "npm": "package-lock.json"} {
		list := first(t, ".github/dependabot.yml", `package-ecosystem: `+kind+`\n +directories: \[([^\]]*)\]`)
		var got []string
		for _, m := range regexp.MustCompile(`"([^"]*)"`).FindAllStringSubmatch(list, -1) {
			matched := 0
			for _, folder := range want[file] {
				if ok, _ := filepath.Match(m[1], folder); ok {
					got = append(got, folder)
					matched++
				}
			}
			if matched == 0 {
				t.Errorf("%s has nothing of %s", m[1], kind)
			}
		}
		slices.Sort(got)
		slices.Sort(want[file])
		if !slices.Equal(got, want[file]) {
			t.Errorf("of %s dependabot has %q, want %q", kind, got, want[file])
		}
	}
}

// The job that publishes has none of these sources, so it names its tool's version itself.
func TestPublishHasTheSameCrane(t *testing.T) {
	want := first(t, ".ci/versions", `\ncrane=(\S+)`)
	if got := first(t, ".github/workflows/release.yml", `go-containerregistry/cmd/crane@(\S+)`); got != want {
		t.Errorf("release.yml has %s, .ci/versions %s", got, want)
	}
}

// The notes are the CHANGELOG's newest section; a tag that isn't it fails before anything is built.
func TestNotesAreTheNewestSection(t *testing.T) {
	bash := need.Tool(t, "bash")
	log := filepath.Join(t.TempDir(), "CHANGELOG.md")
	text := "# Changelog\n\n## [Unreleased]\n\n## [0.3.0] - 2026-12-01\n\n### Fixed\n\n- one\n\n## [0.2.0] - 2026-11-30\n\n## [0.1.0] - 2026-11-24\n\n- old\n"
	for _, c := range []struct{ version, text, says string }{
		{"0.3.0", text, "### Fixed\n\n- one\n\n---\nVerify: "},
		{"0.2.0", text, "is 0.3.0, not 0.2.0"},
		{"0.4.0", text, "is 0.3.0, not 0.4.0"},
		{"0.2.0", text[strings.Index(text, "## [0.2.0]"):], "is empty"},
		{"0.3.0", "# Changelog\n", "is missing, not 0.3.0"},
		{"0.3.0-rc.1", strings.ReplaceAll(text, "0.3.0", "0.3.0-rc.1"), "### Fixed\n\n- one\n\n---\nVerify: "},
		{"v0.3.0", text, "usage: "}, // and other slips of a tag
		{"0.3", text, "usage: "},
		{"0.3.0.1", text, "usage: "},
		{"0.03.0", text, "usage: "},
		{"0.3.0rc1", text, "usage: "},
		{"0.3.0-rc1", text, "usage: "},
		{"0.3.0-pre.1", text, "usage: "},
		{"0.3.0+1", text, "usage: "},
	} {
		if err := os.WriteFile(log, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), bash, filepath.Join(root, ".ci/release-notes"), c.version, log).CombinedOutput()
		if good := strings.Contains(c.says, "Verify"); good != (err == nil) || !strings.Contains(string(out), c.says) {
			t.Errorf("%s: %v, want %q in\n%s", c.version, err, c.says, out)
		}
		if bytes.Contains(out, []byte("- old")) {
			t.Errorf("%s: another section's lines in\n%s", c.version, out)
		}
	}
}
