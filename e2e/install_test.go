package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

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

	// The same program from now on: to build it anew takes seconds.
	once := filepath.Join(t.TempDir(), "credential-idcs")
	write(t, once, read(t, filepath.Join(bin, "credential-idcs")), 0o755)
	s.env = append(s.env, "PATH="+bin+":"+os.Getenv("PATH"))
	if again := s.want(0, nil, "--prefix="+prefix, "--binary="+once); strings.Contains(again, "PATH") {
		t.Errorf("with the folder first on PATH it still says:\n%s", again)
	}
	checkInstalled(t, bin)

	// A tool that is set up would fail without the program: that is said, with the way back.
	gitconfig := filepath.Join(s.home, ".gitconfig")
	write(t, gitconfig, "[credential \"https://git.example.com\"]\n\thelper =\n\thelper = idcs\n", 0o600)
	s.want(0, []string{
		"removed " + bin + "/credential-idcs", "configuration and tokens stay",
		"install.sh: these still run it, and fail without it: git; ", "\n\tcredential-idcs unconfigure git\n",
	}, "--uninstall", "--prefix", prefix)
	if left := list(t, bin); len(left) != 0 {
		t.Errorf("the uninstall left %q", left)
	}
	s.want(0, []string{"there is no credential-idcs"}, "--uninstall", "--prefix", prefix)
	s.want(0, nil, "--prefix", prefix, "--binary", once)
	if err := os.Remove(gitconfig); err != nil {
		t.Fatal(err)
	}
	if out := s.want(0, nil, "--uninstall", "--prefix", prefix); strings.Contains(out, "unconfigure") {
		t.Errorf("nothing is set up, and it says\n%s", out)
	}
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
