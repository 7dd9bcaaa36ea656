package e2e_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// promised are the tests of README.md's rows, by the number of the promise, each as FOLDER/TEST or
// FOLDER/NAME.txtar.
func promised(t *testing.T) map[string][]string {
	t.Helper()
	b, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	row := regexp.MustCompile(`(?m)^\| ([RS]\d+b?) \|.*\| ([^|]*) \|$`)
	for _, m := range row.FindAllStringSubmatch(string(b), -1) {
		if all[m[1]] != nil {
			t.Errorf("%s is promised twice", m[1])
		}
		all[m[1]] = []string{}
		for _, group := range strings.Split(m[2], "; ") {
			folder, names, ok := strings.Cut(strings.TrimPrefix(group, "`"), "` ")
			if !ok {
				t.Errorf("%s: %q is no folder with tests", m[1], group)
				continue
			}
			for _, name := range strings.Split(names, ", ") {
				all[m[1]] = append(all[m[1]], folder+"/"+name)
			}
		}
	}
	return all
}

// there reports whether a test, a script or a transcript is in its folder.
func there(t *testing.T, test string) bool {
	t.Helper()
	folder, name := filepath.Join("..", filepath.Dir(test)), filepath.Base(test)
	if strings.HasSuffix(name, ".txtar") {
		for _, place := range []string{"testdata", "testdata/script"} {
			if _, err := os.Stat(filepath.Join(folder, place, name)); err == nil {
				return true
			}
		}
		return false
	}
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.Contains(read(t, f), "\nfunc "+name+"(t *testing.T)") {
			return true
		}
	}
	return false
}

func TestEachPromiseHasItsTests(t *testing.T) {
	all := promised(t)
	for kind, last := range map[string]int{"R": 16, "S": 67} {
		for i := 1; i <= last; i++ {
			if len(all[fmt.Sprint(kind, i)]) == 0 {
				t.Errorf("README.md has no test for %s%d", kind, i)
			}
		}
	}
	for number, tests := range all {
		for _, test := range tests {
			if !there(t, test) {
				t.Errorf("%s: there is no %s", number, test)
			}
		}
	}
}

// A comment that names a promise names one that README.md has.
func TestNumbersInCommentsArePromises(t *testing.T) {
	all := promised(t)
	number := regexp.MustCompile(`(?m)^\s*(?://|#).*\b(S\d{1,2}b?)\b`)
	named := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules"):
			return filepath.SkipDir
		case !strings.HasSuffix(path, "_test.go") && !strings.HasSuffix(path, ".txtar"):
			return nil
		}
		for _, m := range number.FindAllStringSubmatch(read(t, path), -1) {
			if named++; all[m[1]] == nil {
				t.Errorf("%s: README.md has no %s", path, m[1])
			}
		}
		return nil
	})
	if err != nil || named < 20 {
		t.Fatalf("%v, and only %d numbers", err, named)
	}
}
