// Package need finds the outside programs that a test runs.
package need

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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

// Modules returns the node_modules that `npm ci` of e2e/FOLDER's lock file made, there or, as .ci/run
// does, in the cache folder. module is one that must be in it.
func Modules(t testing.TB, folder string, lock []byte, module string) string {
	t.Helper()
	here, err := filepath.Abs(filepath.Join("..", folder, "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	places := []string{here}
	if cache, err := os.UserCacheDir(); err == nil {
		name := fmt.Sprintf("%s-%.8x", folder, sha256.Sum256(lock))
		places = append(places, filepath.Join(cache, "credential-idcs-ci", name, "node_modules"))
	}
	for _, p := range places {
		if _, err := os.Stat(filepath.Join(p, module)); err == nil {
			return p
		}
	}
	Missing(t, module+" (npm ci in e2e/"+folder+")")
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
