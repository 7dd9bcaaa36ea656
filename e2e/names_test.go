package e2e_test

import (
	"os/exec"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// Each name in the repository can be a file's on Windows and in a module's zip. One that can't makes
// `go install MODULE@VERSION` impossible everywhere, and a clone on Windows.
// https://go.dev/ref/mod#zip-path-size-constraints
func TestNamesOfFilesSuitEverySystem(t *testing.T) {
	need.Tool(t, "git")
	out, err := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--full-name", ":/").Output()
	if err != nil {
		t.Skip("these sources have no git metadata, so nothing tells which files are part of them")
	}
	names := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	if len(names) < 500 {
		t.Fatalf("only %d files", len(names))
	}
	for _, fault := range faultyNames(names) {
		t.Error(fault)
	}
}

// The test above finds each kind of fault.
func TestFaultyNamesAreFound(t *testing.T) {
	for _, names := range [][]string{
		{"helpers/testdata/nul"}, {"a/CON.txt"}, {"Com1"}, {"lpt9.tar.gz"}, {"aux/file"}, {"a/b:c"}, {"it's"},
		{"what?"}, {`a\b`}, {"a;b"}, {"`a`"}, {"man/Page.1", "man/page.1"}, {"end."}, {"end "},
	} {
		if faults := faultyNames(names); len(faults) != 1 {
			t.Errorf("in %q these faults: %q", names, faults)
		}
	}
	if faults := faultyNames([]string{"nul-byte", "console", "com10", "a.nul", "README.md", "docs/README.md"}); len(faults) != 0 {
		t.Errorf("good names, and these faults: %q", faults)
	}
}

var (
	device    = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[1-9]|lpt[1-9])(\.|$)`)
	forbidden = regexp.MustCompile("[\"'*<>?|\\\\:;`\x00-\x1f]|[. ]$")
)

// faultyNames tells what is wrong with the paths of a module's files.
func faultyNames(names []string) (faults []string) {
	folded := map[string]string{}
	for _, name := range names {
		for part := range strings.SplitSeq(name, "/") {
			if device.MatchString(part) || forbidden.MatchString(part) {
				faults = append(faults, name+": "+path.Base(part)+" is no name for a file on every system")
			}
		}
		low := strings.ToLower(name)
		if other := folded[low]; other != "" {
			faults = append(faults, name+" and "+other+" differ by case only")
		}
		folded[low] = name
	}
	return faults
}
