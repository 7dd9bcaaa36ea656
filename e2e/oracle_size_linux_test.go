package e2e

import (
	"bytes"
	"debug/elf"
	"encoding/json"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// Oracle's own services may cost 300,000 bytes of the program. It is built twice, as installed: whole, and with
// every function of the files below emptied, which leaves out what they alone call.
func TestOraclesServicesAreSmall(t *testing.T) {
	if testing.Short() || runtime.GOARCH != "amd64" {
		t.Skip("it builds the program twice, and the limit is that of amd64")
	}
	const limit = 300_000
	// What the commands have for them outside of these files: flags, some lines of status, doctor and the configuration.
	// It is what a build in which all of that was left out, too, was smaller (2026-11-29).
	const beside = 24_245
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, pattern := range []string{
		"oci/*.go", "oci/ident/*.go", "internal/config/oci.go", "internal/config/kind.go", "internal/config/identity.go",
		"internal/methods/oci.go", "internal/methods/judge_oci.go", "cmd/credential-idcs/internal/call/session.go",
		"cmd/credential-idcs/internal/doctor/oci.go", "cmd/credential-idcs/internal/engine/derive.go",
		"cmd/credential-idcs/internal/people/oci.go", "cmd/credential-idcs/internal/people/initoci.go", "cmd/credential-idcs/internal/tools/kubectl/oke.go",
	} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v, %d files", pattern, err, len(found))
		}
		files = append(files, found...)
	}
	dir := t.TempDir()
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for i, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := emptied(file)
		if err != nil {
			t.Fatal(err)
		}
		empty := filepath.Join(dir, strconv.Itoa(i)+".go")
		if err := os.WriteFile(empty, text, 0o600); err != nil {
			t.Fatal(err)
		}
		overlay.Replace[file] = empty
	}
	list, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	without := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(without, list, 0o600); err != nil {
		t.Fatal(err)
	}
	whole, rest := sizeOf(t, root, dir), sizeOf(t, root, dir, "-overlay", without)
	cost := whole - rest + beside
	t.Logf("%d bytes, of which Oracle's services are %d", whole, cost)
	if cost > limit || cost < limit/2 { // less would mean that it measures something else
		t.Errorf("Oracle's services cost %d bytes, and %d are what they may", cost, limit)
	}
}

// emptied is a file of Go whose functions all return nothing, without comments.
func emptied(file string) ([]byte, error) {
	positions := token.NewFileSet()
	f, err := parser.ParseFile(positions, file, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok {
			fn.Body.List = []ast.Stmt{&ast.ReturnStmt{}}
			for _, r := range results(fn) {
				if len(r.Names) == 0 {
					r.Names = []*ast.Ident{ast.NewIdent("_")}
				}
			}
		}
	}
	used := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok {
				used[x.Name] = true
			}
		}
		return true
	})
	for _, i := range f.Imports {
		name := path.Base(strings.Trim(i.Path.Value, `"`))
		if i.Name != nil {
			name = i.Name.Name
		}
		if !used[name] {
			i.Name = ast.NewIdent("_")
		}
	}
	var b bytes.Buffer
	err = format.Node(&b, positions, f)
	return b.Bytes(), err
}

func results(fn *ast.FuncDecl) []*ast.Field {
	if fn.Type.Results == nil {
		return nil
	}
	return fn.Type.Results.List
}

// sizeOf builds the program as install.sh does, and is the size of what is in its file: of the sections, since a file
// is made of whole pages.
func sizeOf(t *testing.T, root, dir string, more ...string) (n int64) {
	t.Helper()
	file := filepath.Join(dir, "program")
	args := append([]string{"build", "-trimpath", "-buildvcs=false", "-tags", "nethttpomithttp2", "-ldflags", "-s -w", "-o", file}, more...)
	cmd := exec.Command(need.Tool(t, "go"), append(args, "./cmd/credential-idcs")...)
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	e, err := elf.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, s := range e.Sections {
		if s.Type != elf.SHT_NOBITS {
			n += int64(s.FileSize)
		}
	}
	return n
}
