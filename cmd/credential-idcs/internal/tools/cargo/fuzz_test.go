package cargo

import (
	"testing"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tooltest"
)

// What is set is the last provider, and undone the file is what it was.
func FuzzCargoConfig(f *testing.F) {
	tooltest.FuzzEditor(f, tooltest.Editor{
		Ours: "credential-idcs",
		Add:  func(b []byte) ([]byte, error) { return addProvider(b, tool.Request{Profile: "work"}) },
		Drop: dropProvider,
		Has: func(b []byte) bool {
			d, err := edit.ParseTOML(b)
			v := d.Value(cargoProviders)
			return err == nil && v != nil && v.Items[len(v.Items)-1].Text == cargoHelper
		},
		Seeds: []string{
			"[registry]\nglobal-credential-providers = ['a',]", "registry.x=1", "registry={}", "[[registry]]\n", "[registry.a]\n", "a = '''\n[registry]\n'''\n",
			"[registry]\nglobal-credential-providers = [\n  \"cargo:token\",\n  \"cargo:libsecret\", # this first\n]\n", "[net]\nretry=1\n[registry] # x\n\n# end\n",
			"[registries.other]\nindex = \"sparse+https://other.example.com/\"\ncredential-provider = \"cargo:libsecret\"\n",
		},
	})
}
