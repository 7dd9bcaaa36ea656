// Package built builds programs for tests, each once for all packages of tests that need it.
package built

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

const module = "github.com/credential-idcs/credential-idcs/"

// Program builds credential-idcs for a system, as install.sh does.
func Program(system, file string) error {
	return Package(system, file, "cmd/credential-idcs", "nethttpomithttp2")
}

// Package builds a program of this module, by its folder, as a release has it.
func Package(system, file, folder string, tags ...string) error {
	flags := []string{"-trimpath", "-ldflags", "-s -w", "-tags", strings.Join(tags, ",")}
	// Unlike `go build`, `go run` keeps in Go's cache what it has linked. Here what it runs is cp.
	args := append(append([]string{"run", "-exec", "cp"}, flags...), module+folder, file)
	if runtime.GOOS == "windows" { // which has no cp
		args = append(append([]string{"build", "-o", file}, flags...), module+folder)
	}
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", args[0], err, out)
	}
	return nil
}
