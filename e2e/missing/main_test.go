package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Each program that a test asks for by its name is in the list, and the list is sorted.
func TestEveryProgramIsListed(t *testing.T) {
	listed := map[string]bool{}
	for _, p := range tools {
		listed[p.name] = true
	}
	if !slices.IsSortedFunc(tools, func(a, b tool) int { return strings.Compare(a.name, b.name) }) {
		t.Error("the list isn't sorted")
	}
	found := map[string]string{}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 2 {
				return true
			}
			if f, ok := call.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Tool" {
				if l, ok := call.Args[1].(*ast.BasicLit); ok {
					if name, err := strconv.Unquote(l.Value); err == nil {
						found[name] = path
					}
				}
			}
			return true
		})
		return nil
	})
	if err != nil || len(found) < 20 {
		t.Fatalf("%v, and only %v", err, found)
	}
	delete(found, "go") // runs the tests
	for name, path := range found {
		if !listed[name] {
			t.Errorf("%s needs %s, which isn't in the list", path, name)
		}
	}
}

// What .ci/run installs or builds is in the list, with its package.
func TestWhatCIInstallsIsListed(t *testing.T) {
	b, err := os.ReadFile("../../.ci/tools")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(b), "for pair in ")
	list, _, _ = strings.Cut(list, "; do")
	pairs := regexp.MustCompile(`([a-z0-9-]+):([a-z0-9.-]+)`).FindAllStringSubmatch(list, -1)
	if len(pairs) < 20 {
		t.Fatalf("only %q", pairs)
	}
	checks := []string{"shellcheck", "patchelf", "openssl"} // of .ci/run itself
	for _, p := range pairs {
		i := slices.IndexFunc(tools, func(t tool) bool { return t.name == p[1] })
		if i < 0 && !slices.Contains(checks, p[1]) {
			t.Errorf("%s (package %s) isn't in the list", p[1], p[2])
		} else if i >= 0 && strings.TrimSuffix(p[2], "-web") != tools[i].debian {
			t.Errorf("%s is of package %s, and the list has %s", p[1], p[2], tools[i].debian)
		}
	}
}
