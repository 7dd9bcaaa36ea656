package lab

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/credential-idcs/credential-idcs/e2e/rig/sources"
)

// Programs is a folder with the binaries: the program as install.sh builds and installs it, and what it
// is compared with.
type Programs string

// Build fills dir/bin. root is the repository.
func Build(dir, root string) (Programs, error) {
	if err := sources.Look(); err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "bin")
	if err := os.MkdirAll(bin, 0o700); err != nil {
		return "", err
	}
	for name, pkg := range map[string]string{"hello": "./bench/hello", "linked": "./bench/linked"} {
		linked := filepath.Join(dir, name+".linked")
		cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", linked, pkg)
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("build %s: %w\n%s", pkg, err, out)
		}
		if err := Copy(linked, filepath.Join(bin, name)); err != nil {
			return "", err
		}
		if err := os.Remove(linked); err != nil {
			return "", err
		}
	}
	install := exec.Command("./install.sh", "--prefix", dir)
	install.Dir = root
	if out, err := install.CombinedOutput(); err != nil {
		return "", fmt.Errorf("install.sh: %w\n%s", err, out)
	}
	if err := Copy(filepath.Join(bin, "credential-idcs"), filepath.Join(bin, "credential-idcs")); err != nil {
		return "", err
	}
	// install.sh leaves this name to people: it would hide a real keyring.
	return Programs(bin), os.Symlink("credential-idcs", filepath.Join(bin, "keyring"))
}

// InMain builds the program without what answers first, so that main answers, into a folder of its own.
func (p Programs) InMain() (Programs, error) {
	bin := Programs(filepath.Join(string(p), "inmain"))
	if err := os.MkdirAll(string(bin), 0o700); err != nil {
		return "", err
	}
	linked := bin.Path("linked")
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-tags", "nethttpomithttp2,inmain", "-ldflags", "-s -w", "-o", linked, "github.com/credential-idcs/credential-idcs/cmd/credential-idcs")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build with inmain: %w\n%s", err, out)
	}
	if err := Copy(linked, bin.Path("credential-idcs")); err != nil {
		return "", err
	}
	for _, name := range []string{"git-credential-idcs", "docker-credential-idcs"} {
		if err := os.Symlink("credential-idcs", bin.Path(name)); err != nil {
			return "", err
		}
	}
	return bin, os.Remove(linked)
}

// Path is that of a program.
func (p Programs) Path(name string) string { return filepath.Join(string(p), name) }

// Copy copies a program, or makes a copy take its place. What is timed is always a copy, and made in the
// same way, since it matters how a file lies in the page cache: what the linker has just written runs up to
// a quarter slower, and what was written in large pieces has fewer page faults and counts a third more memory
// than what cp has copied. io.Copy copies as cp does, by copy_file_range(2).
func Copy(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := os.Remove(to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o700)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	_, err = io.Copy(out, in)
	return err
}
