package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/built"
)

// Every configuration that the README and docs show can be copied as it stands.
func TestConfigurationsInTheDocumentationAreValid(t *testing.T) {
	program := filepath.Join(t.TempDir(), "credential-idcs")
	if err := built.Program(runtime.GOOS, program); err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for _, page := range pagesOfText(t) {
		blocks = append(blocks, strings.Split(read(t, page), "```toml\n")[1:]...)
	}
	if len(blocks) < 3 {
		t.Fatalf("%d configurations, want one for each set-up at least", len(blocks))
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

// pagesOfText are the README and all pages of docs.
func pagesOfText(t *testing.T) []string {
	t.Helper()
	list, err := filepath.Glob("../docs/*.md")
	if err != nil || len(list) < 10 {
		t.Fatalf("%v, and only these pages: %q", err, list)
	}
	return append(list, "../README.md")
}

// The sentences of docs/troubleshooting.md are the program's own, so that whoever searches for one
// finds its row. Between two … is what differs each time.
func TestSentencesOfTroubleshootingAreTheProgramsOwn(t *testing.T) {
	table := read(t, "../docs/troubleshooting.md")
	var program strings.Builder
	for _, folder := range []string{"../cmd", "../internal", "../cache", "../idcs", "../oci", "../helpers"} {
		err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") && !strings.Contains(path, "idcstest") && !strings.Contains(path, "ocitest") {
				program.WriteString(read(t, path))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	// What messages are put together from, and what the page fills in as an example.
	parts := regexp.MustCompile(`…| ahead of|\(mode 0\d+\)|\((?:invalid_client|429|503).*\)|at \d+:\d+|of work|127\.0\.0\.1:8976|the domain HOST:.*| as $|\(pid|\)| at $|HOME`)
	rows := 0
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| you see ") {
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
