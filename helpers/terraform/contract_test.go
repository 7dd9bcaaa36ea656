package terraform

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/credential-idcs/credential-idcs/internal/helpertest"
)

// The tests of this file are Terraform's: it takes a module from a private registry, and starts this
// test binary out of its folder of plugins.

func TestMain(m *testing.M) { helpertest.Main(m, Helper) }

const (
	host = "registry.example.com"
	far  = " expiry=4102444800" // no test reaches it
)

// A registry serves one module.
func newRegistry(t *testing.T) *helpertest.Server {
	t.Helper()
	s := helpertest.NewServer(t, "Bearer TOKEN", helpertest.TerraformModule(t, host))
	s.Public = func(path string) bool { return strings.HasPrefix(path, "/public/") }
	return s
}

// client runs terraform in a folder with a module that needs the registry's.
func client(t *testing.T, s *helpertest.Server, targets string, args ...string) (output string, err error) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("terraform takes a test's certificate by SSL_CERT_FILE on linux")
	}
	path := helpertest.Tool(t, "terraform")
	home, exe := t.TempDir(), helpertest.Link(t, "terraform-credentials-idcs")
	plugins := filepath.Join(home, ".terraform.d", "plugins")
	if err := os.MkdirAll(plugins, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(exe, filepath.Join(plugins, "terraform-credentials-idcs")); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		".terraformrc": "credentials_helper \"idcs\" {}\n",
		"main.tf":      "module \"m\" {\n  source  = \"" + host + "/team/mod/test\"\n  version = \"1.0.0\"\n}\n",
	} {
		if err := os.WriteFile(filepath.Join(home, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(path, args...)
	cmd.Dir = home
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "TF_LOG=WARN",
		"SSL_CERT_FILE=" + s.CAFile(t), "HTTPS_PROXY=" + s.Tunnel(t),
		helpertest.EnvTargets + "=" + targets, helpertest.EnvLog + "=" + filepath.Join(home, "log"),
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestTerraformFetchesAModule(t *testing.T) {
	s := newRegistry(t)
	if output, err := client(t, s, "https://"+host+far, "get", "-no-color"); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	if diff := cmp.Diff([]string{"OK Bearer TOKEN", "OK"}, s.Requests()); diff != "" {
		t.Errorf("requests, -want +got:\n%s", diff)
	}
}

// What isn't ours: Terraform goes on as nobody.
func TestTerraformElsewhere(t *testing.T) {
	s := newRegistry(t)
	output, err := client(t, s, "https://example.com"+far, "get", "-no-color")
	if err == nil || strings.Contains(output, "credential-idcs") {
		t.Errorf("%v\n%s", err, output)
	}
	if diff := cmp.Diff([]string{"Unauthorized"}, s.Requests()); diff != "" {
		t.Errorf("requests, -want +got:\n%s", diff)
	}
}

// Terraform goes on as nobody after a failure too, and has our words in its log alone.
func TestTerraformAfterAFailure(t *testing.T) {
	s := newRegistry(t)
	output, err := client(t, s, "https://"+host+" fails=login", "get", "-no-color")
	if err == nil || !strings.Contains(output, "no token") {
		t.Errorf("%v\n%s", err, output)
	}
	if diff := cmp.Diff([]string{"Unauthorized"}, s.Requests()); diff != "" {
		t.Errorf("requests, -want +got:\n%s", diff)
	}
}

func TestTerraformLogout(t *testing.T) {
	s := newRegistry(t)
	output, err := client(t, s, "https://"+host+far, "logout", host)
	if err == nil || !strings.Contains(output, "profile work stays logged in") {
		t.Errorf("%v\n%s", err, output)
	}
	if output, err := client(t, s, "https://example.com"+far, "logout", host); err != nil {
		t.Errorf("not configured: %v\n%s", err, output)
	}
}
