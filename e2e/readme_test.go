package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/need"
)

// Every configuration that the README shows can be copied as it stands.
func TestReadmesConfigurationsAreValid(t *testing.T) {
	program := filepath.Join(t.TempDir(), "credential-idcs")
	build := exec.CommandContext(t.Context(), need.Tool(t, "go"), "build", "-o", program, "../cmd/credential-idcs")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	blocks := strings.Split(read(t, filepath.Join("..", "README.md")), "```toml\n")[1:]
	if len(blocks) < 3 {
		t.Fatalf("the README has %d configurations, want one for each set-up at least", len(blocks))
	}
	for _, b := range blocks {
		content, _, _ := strings.Cut(b, "```")
		home := t.TempDir()
		config := filepath.Join(home, ".config", "credential-idcs")
		write(t, filepath.Join(config, "config.toml"), content, 0o600)
		write(t, filepath.Join(config, "client.secret"), "secret\n", 0o600)
		cmd := exec.CommandContext(t.Context(), program, "status")
		cmd.Env = []string{"HOME=" + home, "XDG_CONFIG_HOME=" + home + "/.config", "XDG_CACHE_HOME=" + home + "/.cache", "PATH=" + os.Getenv("PATH")}
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "none") {
			t.Errorf("status: %v\n%s\nof\n%s", err, out, content)
		}
	}
}
