package people

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/credential-idcs/credential-idcs/internal/host"
)

// run runs the program inside the test, in a world without variables.
func run(t *testing.T, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, err strings.Builder
	status = Run(context.Background(), &host.Process{
		Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &err,
		Getenv: func(string) string { return "" }, Environ: func() []string { return nil },
		Now: time.Now, Terminal: func(int) bool { return false },
		Exit: func(status int) { t.Fatalf("exit %d", status) },
	})
	return out.String(), err.String(), status
}

func TestHelpIsEverywhere(t *testing.T) {
	for _, v := range verbs() {
		if v.name == "help" {
			continue // help help is the whole manual
		}
		want, stderr, status := run(t, "credential-idcs", "help", v.name)
		if status != 0 || stderr != "" || !strings.HasPrefix(want, "usage: credential-idcs "+v.name) {
			t.Errorf("help %s: exit %d, %q, %q", v.name, status, want, stderr)
		}
		for _, flag := range []string{"-h", "--help"} {
			got, stderr, status := run(t, "credential-idcs", v.name, flag)
			if got != want || stderr != "" || status != 0 {
				t.Errorf("%s %s: exit %d, %q, %q", v.name, flag, status, got, stderr)
			}
		}
	}
	for _, args := range [][]string{{"help"}, {"-h"}, {"--help"}, {"help", "--help"}, {"help", "help"}} {
		got, _, status := run(t, append([]string{"credential-idcs"}, args...)...)
		if got != usage() || status != 0 {
			t.Errorf("%q: exit %d, %q", args, status, got)
		}
	}
	all := usage()
	for _, v := range verbs() {
		all += v.help()
	}
	for _, line := range strings.Split(all, "\n") {
		if len(line) > 80 {
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
}
