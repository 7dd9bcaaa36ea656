package pip

import (
	"slices"
	"testing"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tooltest"
)

// What is set is pip's provider, and undone the file is what it was.
func FuzzPipConf(f *testing.F) {
	tooltest.FuzzEditor(f, tooltest.Editor{
		Ours: "subprocess",
		Add:  func(b []byte) ([]byte, error) { return addKeyring(b, false) },
		Drop: func(b []byte) ([]byte, error) { return dropKeyring(b), nil },
		Has: func(b []byte) bool {
			ini, err := edit.ParseINI(b)
			i := slices.IndexFunc(ini, isKeyringProvider)
			return err == nil && i >= 0 && ini[i].Value == "subprocess"
		},
		Seeds: []string{
			"[global]\n b=1\n", "[ global ]\n", "[global] # x\n", "[global]\n\n\n  \n", "[global]",
			"[global]\nindex-url = https://ana@other.example.com/simple\n\n[install]\nno-index: true\n", "[install]\nuser = no\n[global]\n",
		},
	})
}
