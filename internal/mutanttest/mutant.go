// Package mutanttest runs a package's own tests against a mutant: a copy of the package with one mistake in it. A test
// is worth the mistakes that it finds.
package mutanttest

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A Mutant is a mistake in one file of the package whose tests are running.
type Mutant struct {
	File string // in the working directory
	From string // what stands there once
	To   string // what stands there instead; syscall and time are imported for it
}

// Test runs go test with the mutant and these arguments, and returns what it printed. That the tests pass is an error
// of t.
func (m Mutant) Test(t *testing.T, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	changed, overlay := filepath.Join(dir, m.File), filepath.Join(dir, "overlay.json")
	write(t, changed, []byte(m.source(t)))
	original, err := filepath.Abs(m.File)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(map[string]any{"Replace": map[string]string{original: changed}})
	if err != nil {
		t.Fatal(err)
	}
	write(t, overlay, b)
	out, err := exec.CommandContext(t.Context(), "go", append([]string{"test", "-overlay", overlay, "-vet=off", "-failfast"}, args...)...).CombinedOutput()
	if err == nil {
		t.Error("the tests pass")
	}
	return string(out)
}

func (m Mutant) source(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(m.File)
	if err != nil {
		t.Fatal(err)
	}
	source := string(b)
	if strings.Count(source, m.From) != 1 {
		t.Fatalf("%s has not just one %q", m.File, m.From)
	}
	source = strings.Replace(source, m.From, m.To, 1)
	for _, name := range []string{"syscall", "time"} {
		if strings.Contains(m.To, name+".") && !strings.Contains(source, "\t\""+name+"\"\n") {
			source = strings.Replace(source, "import (", "import (\n\t\""+name+"\"", 1)
		}
	}
	return source
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
