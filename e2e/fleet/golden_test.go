//go:build linux

package fleet

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// spaces are what aligns kubectl's columns, which differs with its version.
var spaces = regexp.MustCompile(` {2,}`)

// golden compares with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	lines := strings.SplitAfter(spaces.ReplaceAllString(got, "  "), "\n")
	slices.Sort(lines[1:]) // the server's order is that of a map
	got = strings.Join(lines, "")
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, string(want)); diff != "" {
		t.Errorf("%s:\n%s", name, diff)
	}
}
