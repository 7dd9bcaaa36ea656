package call

import (
	"os"
	"path/filepath"
	"testing"
)

// A folder below helpers is a protocol, and each has its line in the table.
func TestEveryHelperIsInTheTable(t *testing.T) {
	names := map[string]bool{}
	bases := map[string]bool{}
	for _, h := range Helpers {
		if names[h.Name] {
			t.Errorf("two things are called %s", h.Name)
		}
		names[h.Name] = true
		for _, b := range h.Bases {
			if bases[b] {
				t.Errorf("two helpers answer to %s", b)
			}
			bases[b] = true
		}
		if h.About == "" || h.Run == nil {
			t.Errorf("%s lacks a description or does nothing", h.Name)
		}
	}
	entries, err := os.ReadDir(filepath.Join("..", "..", "..", "..", "helpers"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && e.Name() != "testdata" && !names[e.Name()] {
			t.Errorf("helpers/%s isn't in the table", e.Name())
		}
	}
}
