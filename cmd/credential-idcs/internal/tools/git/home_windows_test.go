package git

import (
	"path/filepath"
	"testing"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
)

// git's own file is where git looks for it.
func TestTheHomeDirectoryIsGits(t *testing.T) {
	profile, drive := t.TempDir(), t.TempDir()
	for _, c := range []struct {
		vars []string
		want string
	}{
		{nil, profile},
		{[]string{"HOME=/" + profile[:1] + filepath.ToSlash(profile[2:])}, profile},
		{[]string{"Home=D:/home"}, `D:\home`},
		{[]string{"HOME=D:\\home", "HOMEDRIVE=" + drive[:2], "HOMEPATH=" + drive[2:]}, `D:\home`},
		{[]string{"HOMEDRIVE=" + drive[:2], "HOMEPATH=" + drive[2:]}, drive},
		{[]string{"HOMEDRIVE=Q:", `HOMEPATH=\`}, profile},
		{[]string{"HOMEDRIVE=" + drive[:2]}, profile},
	} {
		if got := gitHome(tool.Env{Home: profile, Dir: profile, Vars: c.vars}); got != filepath.Clean(c.want) {
			t.Errorf("%q: %s, want %s", c.vars, got, c.want)
		}
	}
}
