package host

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// ErrNotFound is returned by Look for a program that is in no folder of PATH.
var ErrNotFound = errors.New("not on PATH")

// Look finds a program by the value of PATH. The result is absolute and clean, with links not resolved. Relative
// folders of PATH are skipped: nothing in the working directory is run. A name that is an absolute path is returned if
// it can be run. The error is ErrNotFound, or the system's for an absolute path.
func Look(path, name string) (string, error) {
	if filepath.IsAbs(name) {
		return runnable(filepath.Clean(name))
	}
	if filepath.Base(name) != name {
		return "", ErrNotFound
	}
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) {
			continue
		}
		if file, err := runnable(filepath.Join(dir, name)); err == nil {
			return file, nil
		}
	}
	return "", ErrNotFound
}

// runnable is file if it can be run, on Windows also with an ending that was left out.
func runnable(file string) (string, error) {
	err := mayRun(file)
	if err == nil && (runtime.GOOS != "windows" || filepath.Ext(file) != "") {
		return file, nil
	}
	if runtime.GOOS == "windows" {
		for _, ending := range []string{".exe", ".com", ".bat", ".cmd"} {
			if mayRun(file+ending) == nil {
				return file + ending, nil
			}
		}
		if err == nil {
			err = fs.ErrNotExist
		}
	}
	return "", err
}

// mayRun is why we can't run a file, or nil.
func mayRun(file string) error {
	fi, err := os.Stat(file)
	switch {
	case err != nil:
		return err
	case !fi.Mode().IsRegular():
		return fs.ErrPermission
	}
	return access(file, fi.Mode())
}

// programPath is the path of this program in PATH under one of its names, links not resolved, since an upgrade keeps
// that path; else the running file. kubectl-idcs is the only name that krew installs, as a link into a folder of the
// version.
func programPath(names ...string) string {
	running, err := os.Executable()
	if err != nil {
		return ""
	}
	for _, name := range names {
		if found, err := Look(os.Getenv("PATH"), name); err == nil {
			a, errA := os.Stat(found)
			b, errB := os.Stat(running)
			if errA == nil && errB == nil && os.SameFile(a, b) {
				return found
			}
		}
	}
	return running
}

// Without returns an environment without some variables, for a tool that is run to print its settings. It is never
// nil, which package os/exec takes for the whole environment of this process.
func Without(environ []string, names ...string) []string {
	return reduced(environ, func(name string) bool { return contains(names, name) })
}

// ChildEnviron is Without for every other child process. It also removes KUBERNETES_EXEC_INFO and git's variables.
func ChildEnviron(environ []string, names ...string) []string {
	return reduced(environ, func(name string) bool {
		git := len(name) >= 4 && SameVariable(name[:4], "GIT_")
		return git || SameVariable(name, "KUBERNETES_EXEC_INFO") || contains(names, name)
	})
}

func reduced(environ []string, hidden func(name string) bool) []string {
	env := []string{}
	for _, v := range environ {
		if name, _, _ := strings.Cut(v, "="); !hidden(name) {
			env = append(env, v)
		}
	}
	return env
}

func contains(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return SameVariable(n, name) })
}

// SameVariable reports whether two names of variables are the same: on Windows, upper and lower case don't differ.
func SameVariable(a, b string) bool {
	return a == b || runtime.GOOS == "windows" && strings.EqualFold(a, b)
}
