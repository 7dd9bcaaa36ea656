package terraform

import (
	"testing"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tooltest"
)

// What is set is the last block, and undone the file is what it was.
func FuzzTerraformrc(f *testing.F) {
	tooltest.FuzzEditor(f, tooltest.Editor{
		Ours: "idcs",
		Add:  func(b []byte) ([]byte, error) { return addHCLHelper(b, false) },
		Drop: func(b []byte) ([]byte, error) { return edit.CutLines(b, terraformLine), nil },
		Has: func(b []byte) bool {
			blocks, err := edit.ParseHCL(b)
			return err == nil && isOurBlock(blocks[len(blocks)-1])
		},
		Seeds: []string{
			"a = \"{\"", "a {\n b = [1, \"}\"] # }\n}", "/* a", "a = <<X\nX\n", "[a]\nb\n",
			"plugin_cache_dir = \"/x\" # here\n/* credentials_helper \"no\" {} */\nprovider_installation {\n  direct { exclude = [\"a/*/*\"] }\n}\n",
			"credentials \"other.example.com\" {\n  token = \"x}{\\\"\"\n}\n// end",
		},
	})
}
