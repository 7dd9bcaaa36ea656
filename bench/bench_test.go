//go:build linux && !race

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// One round of what takes no waiting: every candidate answers, every row is whole.
func TestTheBenchMeasures(t *testing.T) {
	need.Tool(t, "go")
	need.Tool(t, "git")
	var out bytes.Buffer
	b := &bench{ctx: t.Context(), dir: t.TempDir(), bin: programs, rounds: 1, offline: true, out: &out, figures: map[string]any{}}
	for _, s := range sections {
		if s.name == "burst" || s.name == "wait" {
			continue
		}
		if err := s.run(b); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
	}
	columns, rows := 0, 0
	for line := range strings.Lines(out.String()) {
		n := strings.Count(line, "|")
		switch {
		case n == 0:
			columns = 0
			continue
		case columns == 0:
			columns = n
		case n != columns:
			t.Errorf("%d columns, not %d: %s", n-1, columns-1, line)
		}
		rows++
	}
	if rows < 25 || !strings.Contains(out.String(), "`git ls-remote`") || strings.Contains(out.String(), "NaN") {
		t.Errorf("%d rows:\n%s", rows, out.String())
	}
	t.Log("\n" + out.String())
}

func TestFiguresAreWrittenBetweenThePagesComments(t *testing.T) {
	page, err := os.ReadFile("../docs/performance.md")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "performance.md")
	if err := os.WriteFile(file, page, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"figures\n", "other figures\n"} {
		if err := quote(file, text); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(page), quoteBegin)
	_, tail, _ := strings.Cut(rest, quoteEnd)
	if want := head + quoteBegin + "\nother figures\n\n" + quoteEnd + tail; string(got) != want {
		t.Errorf("got %s", got)
	}
	if err := os.WriteFile(file, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := quote(file, "x"); err == nil {
		t.Error("a file without the comments was written to")
	}
}
