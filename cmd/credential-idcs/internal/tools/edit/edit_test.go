package edit

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The name of a new file is taken from nobody, even between the second look and the last step.
func TestANewFileReplacesNone(t *testing.T) {
	dir := t.TempDir()
	temp, path := filepath.Join(dir, "temp"), filepath.Join(dir, "path")
	for _, f := range []string{temp, path} {
		if err := os.WriteFile(f, []byte(f), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := createFrom(temp, path); !errors.Is(err, os.ErrExist) {
		t.Errorf("got %v", err)
	}
	if got, _ := os.ReadFile(path); string(got) != path {
		t.Errorf("got %q", got)
	}
}

func TestDiff(t *testing.T) {
	number := func(from, to int) string {
		var b strings.Builder
		for i := from; i <= to; i++ {
			b.WriteString(strings.Repeat("x", i) + "\n")
		}
		return b.String()
	}
	for name, c := range map[string]struct{ before, after, want string }{
		"new":        {"", "a\nb\n", "@@ -0,0 +1,2 @@\n+a\n+b\n"},
		"gone":       {"a\n", "", "@@ -1,1 +0,0 @@\n-a\n"},
		"two hunks":  {number(1, 20), "new\n" + number(1, 19), "@@ -1,3 +1,4 @@\n+new\n x\n xx\n xxx\n@@ -17,4 +18,3 @@\n " + strings.Repeat("x", 17) + "\n " + strings.Repeat("x", 18) + "\n " + strings.Repeat("x", 19) + "\n-" + strings.Repeat("x", 20) + "\n"},
		"no newline": {"a", "a\nb", "@@ -1,1 +1,2 @@\n-a\n\\ No newline at end of file\n+a\n+b\n\\ No newline at end of file\n"},
		"nothing":    {"a\n", "a\n", ""},
		"terminal":   {"\ta\x1b[2J\u202e\r\n", "\ta\x1b[2J\u202e\r\nb\n", "@@ -1,1 +1,2 @@\n \ta?[2J?\r\n+b\n"},
	} {
		if diff := cmp.Diff(c.want, hunks(script(Lines([]byte(c.before)), Lines([]byte(c.after))), 3)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
