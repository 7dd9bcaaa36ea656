//go:build linux

package machine

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/credential-idcs/credential-idcs/e2e/rig/built"
)

// A Program is the built program: the folder that holds it under all its names.
type Program string

// The names under which others run the program.
const (
	People = "credential-idcs"
	git    = "git-credential-idcs"
	docker = "docker-credential-idcs"
)

// Build builds the program into dir as install.sh does, without cgo and HTTP/2, and links its names.
func Build(dir string) (Program, error) {
	if err := built.Program("linux", filepath.Join(dir, People)); err != nil {
		return "", err
	}
	for _, name := range others {
		if err := os.Symlink(People, filepath.Join(dir, name)); err != nil {
			return "", err
		}
	}
	return Program(dir), nil
}

// others are the names of the program beside People.
var others = []string{git, docker, "kubectl-idcs", "cargo-credential-idcs", "pnpm-token-idcs", "bazel-credential-idcs", "terraform-credentials-idcs"}

// SideBySide lets twelve tests that call t.Parallel run at once, unless the command says how many. They wait for the
// program's own time limits, which costs time and no work.
func SideBySide() {
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		_ = f.Value.Set("12")
	}
}

// Main is the TestMain of a package whose tests run the program: it builds it into a folder of its own,
// tells where, and takes it away when the tests are done.
//
//	var program machine.Program
//
//	func TestMain(m *testing.M) { os.Exit(machine.Main(m, &program)) }
func Main(tests interface{ Run() int }, program *Program) (status int) {
	keepInherited()
	dir, err := os.MkdirTemp("", "program-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if *program, err = Build(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return tests.Run()
}

// keepInherited keeps to this process the files that whoever started it left open: what the program may open
// (RLIMIT_NOFILE) is counted in some tests.
func keepInherited() {
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return
	}
	for _, f := range open {
		if n, err := strconv.Atoi(f.Name()); err == nil && n > 2 {
			unix.CloseOnExec(n)
		}
	}
}

func (p Program) path(name string) string { return filepath.Join(string(p), name) }
