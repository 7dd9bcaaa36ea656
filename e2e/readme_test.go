package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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

// The sentences of "When something goes wrong" are the program's own, so that who searches for one
// finds its row. Between two … stands what differs each time.
func TestReadmesSentencesAreTheProgramsOwn(t *testing.T) {
	_, rest, _ := strings.Cut(read(t, filepath.Join("..", "README.md")), "\n## When something goes wrong\n")
	table, _, _ := strings.Cut(rest, "\n## ")
	var program strings.Builder
	for _, folder := range []string{"../cmd", "../internal", "../cache", "../idcs", "../helpers"} {
		err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") && !strings.Contains(path, "idcstest") {
				program.WriteString(read(t, path))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	// What messages are put together from, and what the README fills in as an example.
	parts := regexp.MustCompile(`…| ahead of|\(mode 0\d+\)|\((?:invalid_client|429|503).*\)|at \d+:\d+|of work|127\.0\.0\.1:8976|the domain HOST:.*| as $|\(pid|\)| at $|HOME`)
	rows := 0
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "| ") {
			continue
		}
		cell, _, _ := strings.Cut(line[2:], " |")
		for i, quoted := range strings.Split(cell, "`") {
			if i%2 == 0 {
				if strings.Contains(quoted, ":") { // "git:", "kubectl:": their sentences, not ours
					break
				}
				continue
			}
			if strings.HasPrefix(quoted, "git: ") || strings.HasPrefix(quoted, "unauthorized") {
				continue
			}
			rows++
			for _, part := range parts.Split(quoted, -1) {
				if part = strings.TrimSpace(part); len(part) > 3 && !strings.Contains(program.String(), part) {
					t.Errorf("no message has %q, of the row\n%s", part, line)
				}
			}
		}
	}
	if rows < 20 {
		t.Errorf("only %d sentences were looked for", rows)
	}
}
