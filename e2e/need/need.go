// Package need finds the outside programs that a test runs.
package need

import (
	"os"
	"os/exec"
	"testing"
)

// Tool returns the path of a program. Where it is missing the test is skipped with its name, or
// fails if CI=true is set: there .ci/run has installed everything, and a skip would hide a hole.
func Tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	Missing(t, name)
	return ""
}

// Missing skips or fails the test for the lack of what a test needs that is no program on PATH.
func Missing(t testing.TB, name string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("CI=true and %s is missing", name)
	}
	t.Skipf("%s is missing", name)
}
