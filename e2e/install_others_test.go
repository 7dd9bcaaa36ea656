package e2e_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/credential-idcs/credential-idcs/e2e/rig/need"
)

// withProgram is a script with a built program beside it and without Go.
func withProgram(t *testing.T) *script {
	t.Helper()
	s := newScript(t, false)
	write(t, filepath.Join(filepath.Dir(s.path), "credential-idcs"), builtLike, 0o755)
	s.withoutGo()
	return s
}

// Under a umask that leaves everything open the program's folder would be everybody's, and with it
// what git runs.
func TestInstallLeavesNothingForOthersToChange(t *testing.T) {
	s := withProgram(t)
	for _, umask := range []string{"000", "002", "077"} {
		prefix := filepath.Join(t.TempDir(), "prefix")
		cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", "umask "+umask+` && exec "$0" --prefix "$1"`, s.path, prefix)
		cmd.Env = s.env
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		checkInstalled(t, filepath.Join(prefix, "bin"))
		err := filepath.WalkDir(prefix, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.Type() == fs.ModeSymlink {
				return err
			}
			fi, err := d.Info()
			if err == nil && fi.Mode().Perm()&0o022 != 0 {
				t.Errorf("umask %s: %s has mode %v", umask, path, fi.Mode())
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A person's own script of that name, which says where the program comes from, is neither replaced nor
// removed.
func TestInstallKnowsAWrapper(t *testing.T) {
	const wrapper = "#!/bin/sh\n# https://github.com/credential-idcs/credential-idcs\nexec /opt/idcs/credential-idcs \"$@\"\n"
	s := withProgram(t)
	path := filepath.Join(s.home, ".local", "bin", "credential-idcs")
	write(t, path, wrapper, 0o755)
	s.want(1, []string{path + " is not from this project"})
	s.want(0, []string{path + " is not from this project, it stays"}, "--uninstall")
	if got := read(t, path); got != wrapper {
		t.Errorf("it is now %q", got)
	}
}

// In a folder where others may make files, such as a group's, somebody who guesses a temporary name
// could put a link there, and the program would be written over what that leads to.
func TestInstallWritesThroughNoLink(t *testing.T) {
	s := withProgram(t)
	prefix := filepath.Join(t.TempDir(), "prefix")
	bin := filepath.Join(prefix, "bin")
	precious := filepath.Join(t.TempDir(), "precious")
	write(t, precious, "precious", 0o600)
	write(t, filepath.Join(bin, "theirs"), "theirs", 0o600)
	if err := os.Mkdir(filepath.Join(bin, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	// The shell becomes the script, so its number is known before.
	const guess = `for n in credential-idcs git-credential-idcs; do ln -s "$2" "$1/bin/.$n.$$"; done
ln -s folder "$1/bin/.docker-credential-idcs.$$"
exec "$0" --prefix "$1"`
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", guess, s.path, prefix, precious)
	cmd.Env = s.env
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if got := read(t, precious); got != "precious" {
		t.Errorf("what a link led to is now %.20q", got)
	}
	if in := list(t, filepath.Join(bin, "folder")); len(in) != 0 {
		t.Errorf("in a folder that a link led to there is %q", in)
	}
	checkInstalled(t, bin)
	for _, name := range list(t, bin) {
		if strings.HasPrefix(name, ".credential-idcs.") && len(name) == len(".credential-idcs.XXXXXX") {
			if fi, err := os.Lstat(filepath.Join(bin, name)); err == nil && fi.IsDir() {
				t.Errorf("%s was left behind", name)
			}
		}
	}
}

// A folder that can't be written is named before anything is built, which takes a minute the first time.
func TestInstallNamesWhatItCantWriteBeforeItBuilds(t *testing.T) {
	s := newScript(t, true)
	tools := t.TempDir()
	log := filepath.Join(tools, "log")
	write(t, filepath.Join(tools, "go"), "#!/bin/sh\necho \"$@\" >> '"+log+"'\n", 0o755)
	s.env = append(s.env, "PATH="+tools+":"+os.Getenv("PATH"))
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	write(t, file, "", 0o600)
	s.want(1, []string{file + " can't be written; use another --prefix, or sudo"}, "--prefix", filepath.Join(file, "prefix"))
	if os.Geteuid() != 0 { // root may write there
		bin := filepath.Join(folder, "prefix", "bin")
		if err := os.MkdirAll(bin, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(bin, 0o500); err != nil {
			t.Fatal(err)
		}
		s.want(1, []string{bin + " can't be written; use another --prefix, or sudo"}, "--prefix", filepath.Join(folder, "prefix"))
	}
	if _, err := os.Stat(log); err == nil {
		t.Errorf("go ran: %s", read(t, log))
	}
}

// A run that was killed has left a folder with half a program: an uninstall takes it, but no link of that name.
func TestUninstallTakesWhatAKilledRunLeft(t *testing.T) {
	s := withProgram(t)
	bin := filepath.Join(s.home, ".local", "bin")
	write(t, filepath.Join(bin, ".credential-idcs.aBc123", "credential-idcs"), "half", 0o600)
	write(t, filepath.Join(s.home, ".local", "share", "man", "man1", ".credential-idcs.aBc123", "git-credential-idcs.1"), "half", 0o600)
	if err := os.Symlink(s.home, filepath.Join(bin, ".credential-idcs.linked")); err != nil {
		t.Fatal(err)
	}
	s.want(0, nil)
	s.want(0, []string{"removed " + filepath.Join(bin, "credential-idcs")}, "--uninstall")
	if left := list(t, bin); strings.Join(left, " ") != ".credential-idcs.linked" {
		t.Errorf("left: %q", left)
	}
	if left := list(t, filepath.Join(s.home, ".local", "share", "man", "man1")); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
}

// zsh splits no words unless it is told to.
func TestInstallUnderZsh(t *testing.T) {
	s := withProgram(t)
	cmd := exec.CommandContext(t.Context(), need.Tool(t, "zsh"), s.path)
	cmd.Env = s.env
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	checkInstalled(t, filepath.Join(s.home, ".local", "bin"))
}
