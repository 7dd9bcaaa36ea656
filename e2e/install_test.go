package e2e_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/need"
)

var installed = []string{"credential-idcs", "docker-credential-idcs", "git-credential-idcs", "kubectl-idcs"}

// builtLike stands for a built program where a test doesn't run it: install.sh knows its own by the
// module's path, which Go writes into every build.
const builtLike = "#!/bin/sh\n# github.com/credential-idcs/credential-idcs\n"

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

// copySources copies the files that Go and install.sh read.
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
		case !d.Type().IsRegular():
		case filepath.Ext(name) == ".go", name == "go.mod", name == "go.sum", name == "CHANGELOG.md":
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

// Sources without git metadata, in a folder with a space, built into another one: the program and
// its links are there, the program knows its version, a second run replaces them, and an uninstall
// leaves nothing.
func TestInstallBuildsLinksAndUninstalls(t *testing.T) {
	need.Tool(t, "go")
	s := newScript(t, true)
	prefix := filepath.Join(t.TempDir(), "a prefix")
	bin := filepath.Join(prefix, "bin")
	out := s.want(0, []string{"installed credential-idcs", "not on PATH"}, "--prefix", prefix)
	if got := list(t, bin); strings.Join(got, " ") != strings.Join(installed, " ") {
		t.Fatalf("installed %q, want %q\n%s", got, installed, out)
	}
	checkInstalled(t, bin)

	version := regexp.MustCompile(`(?m)^## \[(\d[^]]*)\]`).FindStringSubmatch(read(t, filepath.Join("..", "CHANGELOG.md")))[1]
	for _, name := range []string{"credential-idcs", "kubectl-idcs"} {
		got, err := exec.CommandContext(t.Context(), filepath.Join(bin, name), "version").Output()
		if err != nil || !strings.Contains(string(got), version) {
			t.Errorf("%s version says %q, %v; want %s in it", name, got, err, version)
		}
	}

	s.env = append(s.env, "PATH="+bin+":"+os.Getenv("PATH"))
	if again := s.want(0, nil, "--prefix="+prefix); strings.Contains(again, "PATH") {
		t.Errorf("with the folder first on PATH it still says:\n%s", again)
	}
	checkInstalled(t, bin)

	s.want(0, []string{"removed " + bin + "/credential-idcs", "configuration and tokens stay"}, "--uninstall", "--prefix", prefix)
	if left := list(t, bin); len(left) != 0 {
		t.Errorf("the uninstall left %q", left)
	}
	s.want(0, []string{"there is no credential-idcs"}, "--uninstall", "--prefix", prefix)
}

// A release has the built program beside the script, and its users no Go. The program is copied,
// not moved, into ~/.local, with a HOME that has nothing yet.
func TestInstallTakesABuiltProgramWithoutGo(t *testing.T) {
	s := newScript(t, false)
	s.withoutGo()
	built := filepath.Join(filepath.Dir(s.path), "credential-idcs")

	s.want(1, []string{"neither the source nor a built credential-idcs"})
	write(t, built, builtLike, 0o600)
	s.want(0, nil)
	checkInstalled(t, filepath.Join(s.home, ".local", "bin"))
	if read(t, built) != builtLike {
		t.Error("the program was moved away")
	}

	other := filepath.Join(t.TempDir(), "other")
	write(t, other, builtLike+"# other\n", 0o600)
	s.want(0, nil, "--binary", other)
	if got := read(t, filepath.Join(s.home, ".local", "bin", "credential-idcs")); !strings.HasSuffix(got, "# other\n") {
		t.Error("--binary did not replace the program")
	}
	write(t, other, "#!/bin/sh\n", 0o600)
	s.want(1, []string{"is not a build of"}, "--binary", other)
	s.want(1, []string{"is no file"}, "--binary", other+"2")
}

// What others put there under one of our names is neither replaced nor removed, and before the
// refusal nothing has changed.
func TestInstallRefusesForeignFiles(t *testing.T) {
	for _, name := range installed {
		for kind, put := range map[string]func(path string) error{
			"file":          func(p string) error { return os.WriteFile(p, []byte("theirs"), 0o600) },
			"link":          func(p string) error { return os.Symlink("theirs", p) },
			"dangling link": func(p string) error { return os.Symlink("nowhere", p) },
			"folder":        func(p string) error { return os.Mkdir(p, 0o700) },
		} {
			t.Run(name+" "+kind, func(t *testing.T) {
				s := newScript(t, false)
				write(t, filepath.Join(filepath.Dir(s.path), "credential-idcs"), builtLike, 0o755)
				s.withoutGo()
				bin := filepath.Join(s.home, ".local", "bin")
				write(t, filepath.Join(bin, "theirs"), "theirs", 0o600)
				if err := put(filepath.Join(bin, name)); err != nil {
					t.Fatal(err)
				}
				before := list(t, bin)
				s.want(1, []string{filepath.Join(bin, name) + " is not from this project"})
				s.want(0, []string{filepath.Join(bin, name) + " is not from this project, it stays"}, "--uninstall")
				if after := list(t, bin); strings.Join(after, " ") != strings.Join(before, " ") {
					t.Errorf("before %q, after %q", before, after)
				}
			})
		}
	}
}

// Where Go is missing or too old the message says which version is needed, and nothing is installed.
func TestInstallSaysWhichGoItNeeds(t *testing.T) {
	want := regexp.MustCompile(`(?m)^go (.+)$`).FindStringSubmatch(read(t, filepath.Join("..", "go.mod")))[1]

	s := newScript(t, true)
	s.withoutGo()
	s.want(1, []string{"Go is not installed: version " + want})

	for _, have := range []string{"go1.19.8", "go1.26rc1", "go1.9"} {
		s := newScript(t, true)
		old := t.TempDir()
		write(t, filepath.Join(old, "go"), "#!/bin/sh\necho "+have+"\n", 0o755)
		s.env = append(s.env, "PATH="+old+":"+os.Getenv("PATH"))
		s.want(1, []string{"this is " + have + ", version " + want + " or later is needed"})
		if _, err := os.Stat(filepath.Join(s.home, ".local")); err == nil {
			t.Error("something was installed")
		}
	}
}

func TestInstallRefusesWrongArguments(t *testing.T) {
	s := newScript(t, false)
	for _, args := range [][]string{
		{"--prefix"}, {"--prefix", ""}, {"--prefix="}, {"--binary"}, {"--wrong"}, {"operand"},
		{"--demo", "--uninstall"}, {"--uninstall", "--binary", "x"}, {"--demo", "--prefix", "x"},
	} {
		s.want(2, []string{"usage: ./install.sh"}, args...)
	}
	s.want(0, []string{"usage: ./install.sh", "--uninstall", "--demo"}, "--help")
	s.env = append(s.env, "HOME=")
	s.want(2, []string{"HOME is not set"})
}

// withoutGo leaves a PATH with the tools that install.sh needs and nothing else.
func (s *script) withoutGo() {
	s.t.Helper()
	tools := s.t.TempDir()
	for _, name := range []string{"sh", "dirname", "grep", "sed", "awk", "head", "mktemp", "readlink", "rm", "mv", "cp", "ln", "mkdir", "chmod", "cat"} {
		path, err := exec.LookPath(name)
		if err != nil {
			s.t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(tools, name)); err != nil {
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
	for _, name := range installed[1:] {
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
