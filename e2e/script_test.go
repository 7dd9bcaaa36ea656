package e2e_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// installed are the program and its names, in the order of a listing.
var installed = []string{
	"bazel-credential-idcs", "cargo-credential-idcs", "credential-idcs", "docker-credential-idcs",
	"git-credential-idcs", "kubectl-idcs", "pnpm-token-idcs", "terraform-credentials-idcs",
}

// builtLike stands for a built program where a test doesn't run it: install.sh knows its own by the
// package's path, which Go writes into every build.
const builtLike = "#!/bin/sh\n# path\tgithub.com/credential-idcs/credential-idcs/cmd/credential-idcs\n"

// A script is install.sh in some folder, run with a HOME and a PATH of its own.
type script struct {
	t    *testing.T
	path string
	home string
	env  []string
}

// newScript puts install.sh into a folder of its own, whose name has a space. With sources, all that
// a build needs is copied beside it, but no git metadata.
func newScript(t *testing.T, sources bool) *script {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("install.sh is for systems with a POSIX shell")
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "the sources")
	write(t, filepath.Join(folder, "install.sh"), read(t, filepath.Join(root, "install.sh")), 0o755)
	if sources {
		copySources(t, root, folder)
	}
	home := t.TempDir()
	return &script{t: t, path: filepath.Join(folder, "install.sh"), home: home, env: []string{
		"HOME=" + home,
		"PATH=" + os.Getenv("PATH"),
		// Go finds its caches by HOME; a build from nothing in each test would be wasted time.
		"GOCACHE=" + goEnv(t, "GOCACHE"),
		"GOMODCACHE=" + goEnv(t, "GOMODCACHE"),
		"GOFLAGS=" + os.Getenv("GOFLAGS"),
	}}
}

// copySources copies what a checkout has, but no git metadata and no program that somebody built there.
func copySources(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata" || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		switch {
		case !d.Type().IsRegular(), name == "credential-idcs", name == "install.sh":
		default:
			write(t, filepath.Join(to, name), read(t, path), 0o644)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// run runs the script from a folder that has nothing to do with it.
func (s *script) run(args ...string) (out string, status int) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), s.path, args...)
	cmd.Dir = s.home
	cmd.Env = s.env
	b, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		s.t.Fatal(err)
	}
	return string(b), cmd.ProcessState.ExitCode()
}

// want runs the script and fails unless it ends with the status and says all of the words.
func (s *script) want(status int, words []string, args ...string) string {
	s.t.Helper()
	out, got := s.run(args...)
	if got != status {
		s.t.Fatalf("install.sh %q: status %d, want %d\n%s", args, got, status, out)
	}
	for _, w := range words {
		if !strings.Contains(out, w) {
			s.t.Fatalf("install.sh %q did not say %q:\n%s", args, w, out)
		}
	}
	return out
}

// withoutGo leaves a PATH with the tools that install.sh needs and nothing else.
func (s *script) withoutGo() {
	s.t.Helper()
	tools := s.t.TempDir()
	for _, name := range []string{"sh", "dirname", "tr", "mktemp", "readlink", "rm", "rmdir", "mv", "cp", "ln", "mkdir", "chmod", "cat"} {
		if err := os.Symlink(need.Tool(s.t, name), filepath.Join(tools, name)); err != nil {
			s.t.Fatal(err)
		}
	}
	s.env = append(s.env, "PATH="+tools)
}

// checkInstalled fails unless bin has the program, for all to run, and a relative link for each name.
func checkInstalled(t *testing.T, bin string) {
	t.Helper()
	info, err := os.Lstat(filepath.Join(bin, "credential-idcs"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != 0o755 {
		t.Errorf("the program's mode is %v", info.Mode())
	}
	for _, name := range installed {
		if name == "credential-idcs" {
			continue
		}
		if to, err := os.Readlink(filepath.Join(bin, name)); err != nil || to != "credential-idcs" {
			t.Errorf("%s links to %q, %v", name, to, err)
		}
	}
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func list(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(t *testing.T, path, content string, mode fs.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
}
