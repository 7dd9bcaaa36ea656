package oracle

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oracle/oci-go-sdk/v65/common"

	"github.com/credential-idcs/credential-idcs/oci/ident"
)

// sdk is the SDK's folder in the module cache.
func sdk(t *testing.T) string {
	t.Helper()
	list := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/oracle/oci-go-sdk/v65")
	list.Env = append(os.Environ(), "HOME="+home)
	dir, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(dir))
}

// Our table of regions, keys and second-level domains is the SDK's, member by member.
func TestRegionsAreTheSDKs(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(sdk(t), "common", "regions.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	names, keys := 0, 0
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ValueSpec:
			if kind, ok := n.Type.(*ast.Ident); !ok || kind.Name != "Region" || len(n.Values) != 1 {
				break
			}
			name, _ := text(n.Values[0])
			names++
			domain := common.Region(name).SecondLevelDomain()
			if got, want := ident.AuthHost(name), "auth."+name+"."+domain; got != want {
				t.Errorf("%s: got %s, want %s", name, got, want)
			}
			if got, ok := ident.IsRegistry("ocir." + name + ".oci." + domain); !ok || got != name {
				t.Errorf("ocir.%s.oci.%s is no registry of ours", name, domain)
			}
		case *ast.KeyValueExpr:
			key, ok := text(n.Key)
			if _, region := n.Value.(*ast.Ident); !ok || !region {
				break
			}
			keys++
			if got, ok := ident.ParseRegion(key); !ok || got != string(common.StringToRegion(key)) {
				t.Errorf("%s: got %s, want %s", key, got, common.StringToRegion(key))
			}
		}
		return true
	})
	if names < 80 || keys < 80 {
		t.Errorf("%d regions and %d keys were read", names, keys)
	}
}
