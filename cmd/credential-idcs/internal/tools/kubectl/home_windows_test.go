package kubectl

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/credential-idcs/credential-idcs/cmd/credential-idcs/internal/tools/tool"
)

// kubectl doesn't look for its file in the person's profile first.
func TestTheKubeconfigIsFoundAsKubectlFindsIt(t *testing.T) {
	top := t.TempDir()
	home, drive, profile := filepath.Join(top, "home"), filepath.Join(top, "drive"), filepath.Join(top, "profile")
	env := tool.Env{Home: profile, Dir: top, Vars: []string{"home=" + home, "HOMEDRIVE=" + drive[:2], "HOMEPATH=" + drive[2:]}}
	is := func(step, want string) {
		t.Helper()
		files, err := kubeFiles(env)
		if err != nil || len(files) != 1 || files[0] != filepath.Join(want, ".kube", "config") {
			t.Errorf("%s: %q, %v, want the one in %s", step, files, err, want)
		}
	}
	folder := func(path string) {
		t.Helper()
		if err := os.MkdirAll(path, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	is("nothing is there", profile)
	folder(drive)
	is("a drive", drive)
	folder(profile)
	is("a profile", profile)
	folder(home)
	is("HOME", home)
	for _, dir := range []string{profile, drive, home} {
		folder(filepath.Join(dir, ".kube"))
		if err := os.WriteFile(filepath.Join(dir, ".kube", "config"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		is("a file", dir)
	}
	env.Vars = nil
	is("no variables", profile)
}
