//go:build linux

package release

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// step is the script of a named step of release.yml.
func step(t *testing.T, name string) string {
	t.Helper()
	script := first(t, ".github/workflows/release.yml", `(?s)\n      - (?:id: \w+\n        )?name: `+name+`\n(?:        [^\n]*\n)*?        run: \|\n((?:          [^\n]*\n)+)`)
	return regexp.MustCompile(`(?m)^ {10}`).ReplaceAllString(script, "")
}

// run runs a step's script as a workflow does.
func runStep(t *testing.T, name, folder string, env ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), need.Tool(t, "bash"), "-e", "-c", step(t, name))
	cmd.Dir, cmd.Env = folder, append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + folder}, env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// A tag on a branch, or on a commit that main doesn't have any more, is no release.
func TestATagThatIsntOnMainEndsARelease(t *testing.T) {
	git := need.Tool(t, "git")
	source, clone := t.TempDir(), filepath.Join(t.TempDir(), "clone")
	run := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), git, append([]string{"-c", "user.name=ana", "-c", "user.email=ana@example.com"}, args...)...)
		cmd.Dir = source
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	run("init", "-q", "-b", "main")
	for _, tag := range []string{"v0.1.0", "v0.2.0"} {
		run("commit", "-q", "--allow-empty", "-m", "release "+tag)
		run("tag", "-a", "-m", tag, tag)
	}
	run("checkout", "-q", "-b", "fix", "v0.1.0")
	run("commit", "-q", "--allow-empty", "-m", "release v0.1.1")
	run("tag", "-a", "-m", "v0.1.1", "v0.1.1")
	run("clone", "-q", source, clone)
	for tag, on := range map[string]bool{"v0.1.0": true, "v0.2.0": true, "v0.1.1": false} {
		run("-C", clone, "checkout", "-q", tag)
		said, err := runStep(t, "on main", clone, "GITHUB_REF_NAME="+tag)
		if on != (err == nil) || !on && said != tag+" isn't on main\n" {
			t.Errorf("%s: %v\n%s", tag, err, said)
		}
	}
}

// GitHub can't be reached from here: a script is in gh's place, for which each release is a line.
const gh = `#!/bin/sh
echo "$*" >> "$LOG"
case "$1 $2 $3" in
"release list --repo") [ ! -e "$RELEASES.down" ] && cat "$RELEASES" ;;
"release delete $GITHUB_REF_NAME") sed -i 1d "$RELEASES" ;;
"release create $GITHUB_REF_NAME") while [ "$1" != --notes-file ]; do shift; done; cat "$2" > "$LOG.notes" ;;
*) exit 2 ;;
esac
`

// A run that has left a draft, or two, can be run again. What is published is left alone, and nothing is deleted while
// nobody knows what there is.
func TestARunAgainTakesItsDraftAway(t *testing.T) {
	folder := t.TempDir()
	log, releases := filepath.Join(folder, "log"), filepath.Join(folder, "releases")
	if err := os.WriteFile(filepath.Join(folder, "gh"), []byte(gh), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		drafts  string // as gh prints them
		down    bool
		deletes int
		says    string // "": it succeeds
	}{
		{drafts: ""},
		{drafts: "true\n", deletes: 1},
		{drafts: "true\ntrue\n", deletes: 2},
		{drafts: "false\n", says: "v0.2.0 is published; "},
		{drafts: "true\nfalse\n", says: "v0.2.0 is published; "},
		{down: true, says: ""},
	} {
		for path, text := range map[string]string{log: "", releases: c.drafts} {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if c.down {
			if err := os.WriteFile(releases+".down", nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		said, err := runStep(t, "again", folder, "PATH="+folder+":"+os.Getenv("PATH"), "LOG="+log, "RELEASES="+releases,
			"GITHUB_REF_NAME=v0.2.0", "GITHUB_REPOSITORY=owner/project", "GH_TOKEN=s3cret")
		if good := c.says == "" && !c.down; good != (err == nil) || !strings.Contains(said, c.says) {
			t.Errorf("%+v: %v\n%s", c, err, said)
		}
		if n := strings.Count(read(t, log), "release delete v0.2.0 --repo owner/project --yes\n"); n != c.deletes {
			t.Errorf("%+v: %d are deleted\n%s", c, n, read(t, log))
		}
	}
}

// The draft has each file and the attestation, and its notes the image. A candidate is no newest release.
func TestTheDraftHasWhatWasBuilt(t *testing.T) {
	for tag, options := range map[string]string{"v0.2.0": "--draft", "v0.2.0-rc.1": "--draft --prerelease"} {
		folder, dist := t.TempDir(), t.TempDir()
		for path, text := range map[string]string{"notes.md": "### Fixed\n", "a.deb": "", "checksums.txt": "", "../bundle": "signed"} {
			if path == "../bundle" {
				path = filepath.Join(folder, "bundle")
			} else {
				path = filepath.Join(dist, path)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(folder, "gh"), []byte(gh), 0o755); err != nil {
			t.Fatal(err)
		}
		log := filepath.Join(folder, "log")
		said, err := runStep(t, "draft", dist, "PATH="+folder+":"+os.Getenv("PATH"), "LOG="+log, "RUNNER_TEMP="+folder, "BUNDLE="+filepath.Join(folder, "bundle"),
			"GITHUB_REF_NAME="+tag, "GITHUB_REPOSITORY=owner/project", "IMAGE=ghcr.io/owner/project-controller@sha256:00")
		if err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
		want := "release create " + tag + " --repo owner/project " + options + " --verify-tag --title " + tag + " --notes-file " + folder +
			"/notes.md ./a.deb ./checksums.txt ./credential-idcs_" + tag[1:] + ".sigstore.json\n"
		if got := read(t, log); got != want {
			t.Errorf("gh %s\nwant %s", got, want)
		}
		if got := read(t, log+".notes"); got != "### Fixed\nImage of the controller, for manifests --image: ghcr.io/owner/project-controller@sha256:00\n" {
			t.Errorf("the notes are\n%s", got)
		}
		if got := read(t, filepath.Join(dist, "credential-idcs_"+tag[1:]+".sigstore.json")); got != "signed" {
			t.Errorf("the attestation is %q", got)
		}
	}
}
