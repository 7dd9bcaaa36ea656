package golang

import (
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/edit"
	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tooltest"
)

// What is set is the first command, and undone the file is what it was.
func FuzzGoEnv(f *testing.F) {
	tooltest.FuzzEditor(f, tooltest.Editor{
		Ours: "credential-idcs",
		Add:  func(b []byte) ([]byte, error) { return addGoAuth(b, false) },
		Drop: func(b []byte) ([]byte, error) { return dropGoAuth(b), nil },
		Has: func(b []byte) bool {
			_, v := lastGoAuth(edit.Lines(b))
			return strings.HasPrefix(v, goCommand)
		},
		Seeds: []string{"GOFLAGS=-mod=mod\nGOPRIVATE=x\n", "GOAUTH=netrc; git /home/ana/src ;other cmd\nGOSUMDB=off\n", "GOAUTH=off", "GOAUTH=\r\n", "GOAUTH=\nGOSUMDB=off\n", "# a\nGOAUTH=git /x"},
	})
}
