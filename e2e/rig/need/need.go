// Package need finds the outside programs that a test runs.
package need

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
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

// Strace returns the path of strace, for what must read the paths in the program's calls. The program
// hides from debuggers of its own user (PR_SET_DUMPABLE), so strace reads no strings of it unless root runs it.
func Strace(t testing.TB) string {
	t.Helper()
	path := Tool(t, "strace")
	if os.Geteuid() != 0 {
		t.Skip("strace needs root to read the strings of a process that hides from debuggers")
	}
	return path
}

// Python returns the path of a Python whose pip takes --keyring-provider, which those before 23.1 don't
// have. pip takes half a second to tell its version, so it is asked once.
func Python(t testing.TB) string {
	t.Helper()
	path := Tool(t, "python3")
	said, err := pipVersion()
	if err != nil {
		Missing(t, "pip")
	}
	var major, minor int
	if _, err := fmt.Sscanf(said, "pip %d.%d", &major, &minor); err != nil {
		t.Fatalf("the version of pip: %v, %s", err, said)
	}
	if major < 23 || major == 23 && minor < 1 {
		Missing(t, "pip 23.1 or later (this is "+strings.Fields(said)[1]+")")
	}
	return path
}

var pipVersion = sync.OnceValues(func() (string, error) {
	said, err := exec.Command("python3", "-m", "pip", "--version").CombinedOutput()
	return string(said), err
})

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
		name := fmt.Sprintf("%s-%.8x", path.Base(folder), sha256.Sum256(lock))
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
