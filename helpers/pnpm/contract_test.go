package pnpm

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/credential-idcs/credential-idcs/internal/helpertest"
)

// The tests of this file are pnpm's: it takes a package from a registry that demands the token, and
// starts this test binary as its token helper.

func TestMain(m *testing.M) { helpertest.Main(m, Helper) }

func newRegistry(t *testing.T) *helpertest.Server {
	t.Helper()
	files := helpertest.Files{}
	s := helpertest.NewServer(t, "Bearer TOKEN", files)
	maps.Copy(files, helpertest.NpmPackage(t, s.URL))
	return s
}

// install has pnpm take the package from the registry, with the helper in the user's .npmrc.
func install(t *testing.T, s *helpertest.Server, targets string) (output string, err error) {
	t.Helper()
	path := helpertest.Tool(t, "pnpm")
	home, ca := t.TempDir(), s.CAFile(t)
	project := filepath.Join(home, "project")
	if err := os.Mkdir(project, 0o700); err != nil {
		t.Fatal(err)
	}
	host := strings.TrimPrefix(s.URL, "https:")
	for name, content := range map[string]string{
		".npmrc":               "registry=" + s.URL + "/\ncafile=" + ca + "\nfetch-retries=0\n" + host + "/:tokenHelper=" + helpertest.Link(t, "pnpm-token-idcs") + "\n",
		"project/package.json": `{"name":"top","version":"1.0.0","dependencies":{"dep":"1.0.0"}}`,
	} {
		if err := os.WriteFile(filepath.Join(home, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(path, "install", "--store-dir", filepath.Join(home, "store"))
	cmd.Dir = project
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "CI=true", "NODE_EXTRA_CA_CERTS=" + ca, "SSL_CERT_FILE=" + ca,
		helpertest.EnvTargets + "=" + targets, helpertest.EnvLog + "=" + filepath.Join(home, "log"),
	}
	out, err := cmd.CombinedOutput()
	if err == nil {
		_, err = os.Stat(filepath.Join(project, "node_modules", "dep", "package.json"))
	}
	return string(out), err
}

func TestPnpmFetchesAPackage(t *testing.T) {
	s := newRegistry(t)
	output, err := install(t, s, "default work\nhttps://npm.example.com expiry=4102444800")
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	if diff := cmp.Diff([]string{"OK Bearer TOKEN"}, s.Requests()); diff != "" {
		t.Errorf("requests, -want +got:\n%s", diff)
	}
}

// After a failure no token goes out: pnpm stops, or goes on as nobody and shows the registry's 401.
func TestPnpmAfterAFailure(t *testing.T) {
	s := newRegistry(t)
	output, err := install(t, s, "default work\nhttps://npm.example.com fails=login")
	if err == nil || !strings.Contains(output, "TOKEN_HELPER_ERROR_STATUS") && !strings.Contains(output, "401") {
		t.Errorf("%v\n%s", err, output)
	}
	for _, r := range s.Requests() {
		if r != "Unauthorized" {
			t.Errorf("request: %s\n%s", r, output)
		}
	}
}
