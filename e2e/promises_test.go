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
	row := regexp.MustCompile(`(?m)^\| ([A-Z]\d+(?:\.\d+[bc]?|b)?) \|.*\| ([^|]*) \|$`)
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

// testSource is a test's source with its comment, or the script or transcript; empty: it isn't in its folder.
func testSource(t *testing.T, test string) string {
	t.Helper()
	folder, name := filepath.Join("..", filepath.Dir(test)), filepath.Base(test)
	if strings.HasSuffix(name, ".txtar") {
		for _, place := range []string{"testdata", "testdata/script"} {
			if b, err := os.ReadFile(filepath.Join(folder, place, name)); err == nil {
				return string(b)
			}
		}
		return ""
	}
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	body := regexp.MustCompile(`(?ms)(?:^//[^\n]*\n)*^func ` + name + `\(t \*testing\.T\) \{(?: [^\n]* \}$|$.*?^\}$)`)
	for _, f := range files {
		if found := body.FindString(read(t, f)); found != "" {
			return found
		}
	}
	return ""
}

// has reports whether a comment of a test, or a line of a script or transcript, has the number.
func has(test, source, number string) bool {
	word := regexp.MustCompile(`(?m)(?:^|[^\w.])` + regexp.QuoteMeta(number) + `(?:$|[^\w.]|\.(?:$|\D))`)
	for line := range strings.Lines(source) {
		_, comment, ok := strings.Cut(line, "//")
		if strings.HasSuffix(test, ".txtar") {
			comment, ok = line, true
		}
		if ok && word.MatchString(comment) {
			return true
		}
	}
	return false
}

func TestEachPromiseHasItsTests(t *testing.T) {
	all := promised(t)
	for kind, last := range map[string]int{"R": 16, "S": 67, "A1.": 10, "A2.": 11, "A3.": 8, "A4.": 5, "A5.": 6, "T": 7, "H": 6, "F": 8} {
		for i := 1; i <= last; i++ {
			if len(all[fmt.Sprint(kind, i)]) == 0 {
				t.Errorf("README.md has no test for %s%d", kind, i)
			}
		}
	}
	for number, tests := range all {
		told := false
		for _, test := range tests {
			s := testSource(t, test)
			if s == "" {
				t.Errorf("%s: there is no %s", number, test)
			}
			told = told || has(test, s, number)
		}
		if !told {
			t.Errorf("%s: none of %s has that number in a comment", number, strings.Join(tests, ", "))
		}
	}
}

// A comment that has the number of a promise has one of README.md's. Only R, S and A are looked for, as other words
// look like the rest: G1 is also a garbage collector, K8 begins another name.
func TestNumbersInCommentsArePromises(t *testing.T) {
	all := promised(t)
	number := regexp.MustCompile(`(?m)^\s*(?://|#).*\b([RS]\d{1,2}b?|A[1-5]\.\d{1,2}[bc]?)\b`)
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
